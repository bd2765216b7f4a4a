#pragma once

#include <memory>
#include <string_view>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::wavlm {

// The shape of every parameter of a network of these sizes, by the reference's name.
io::TensorShapes parameter_shapes(const WavLmConfig& config);

// The module's parameters by the reference's names, sharing memory.
io::StateDict state_dict(const WavLmModule& module);

// The module that the tensors (and `declared`, see config_from_state_dict) describe, in inference mode
// (eval()). It uses the tensors without a copy. A file's tensors are in a mapping that the system pages in as
// needed; writing into them, as training does, does not alter the file. Throws CheckpointError that names
// `file` and every tensor that is missing, unexpected or misshapen, or the first one that is not float32.
std::shared_ptr<WavLmModule> module_from_state_dict(const io::StateDict& state, std::string_view file,
                                                    const WavLmConfig* declared = nullptr);

}  // namespace qamro::encoders::wavlm
