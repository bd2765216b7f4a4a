#pragma once

#include <memory>
#include <string_view>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::wavlm {

// Every parameter of a network of those sizes, by the reference's name.
io::TensorShapes parameter_shapes(const WavLmConfig& config);

// The module's parameters by the reference's names, sharing memory.
io::StateDict state_dict(const WavLmModule& module);

// The module that the tensors (and `declared`, see config_from_state_dict) describe, in inference mode
// (eval()). It takes the tensors as they are, without a copy: those of a file lie in a mapping that the
// system pages in as needed, and writing into them, as training does, does not alter the file. Throws
// CheckpointError that names every tensor that is missing, unexpected, misshapen or not float32, and `file`.
std::shared_ptr<WavLmModule> module_from_state_dict(const io::StateDict& state, std::string_view file,
                                                    const WavLmConfig* declared = nullptr);

}  // namespace qamro::encoders::wavlm
