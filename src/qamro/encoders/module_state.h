#pragma once

#include <c10/util/Exception.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders {

// The module's parameters and buffers by name, sharing memory.
io::StateDict state_dict(const torch::nn::Module& module);

// Makes the tensors the module's parameters and buffers of the same names, without a copy. A file's tensors
// are in a mapping that the system pages in as needed; writing into them, as training does, does not alter
// the file. Throws CheckpointError that names `file` and every tensor that is missing, unexpected or
// misshapen, or the first one of another type.
void adopt_state(torch::nn::Module& module, const io::StateDict& state, std::string_view file);

// A module of this configuration with these tensors, in inference mode (eval()). Throws like adopt_state(),
// and also if the sizes made up by a hostile file would need more memory than there is.
template <typename Module, typename Config>
std::shared_ptr<Module> module_of(const Config& config, const io::StateDict& state, std::string_view file) {
  std::shared_ptr<Module> module;
  try {
    module = std::make_shared<Module>(config);
  } catch (const c10::Error&) {
    throw CheckpointError(std::string(file) +
                          ": its tensors' shapes describe a network too large for this machine");
  }
  adopt_state(*module, state, file);
  module->eval();
  return module;
}

}  // namespace qamro::encoders
