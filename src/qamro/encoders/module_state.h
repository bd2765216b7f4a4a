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

// Lets the module's parameters and buffers be the tensors of those names, without a copy: those of a file lie
// in a mapping that the system pages in as needed, and writing into them, as training does, does not alter
// the file. Throws CheckpointError that names every tensor that is missing, unexpected, misshapen or of
// another type, and `file`.
void adopt_state(torch::nn::Module& module, const io::StateDict& state, std::string_view file);

// A module of that configuration with those tensors, in inference mode (eval()). Throws as adopt_state(),
// also where sizes that a hostile file has made up would need more memory than there is.
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
