#pragma once

#include <memory>
#include <string_view>

#include "qamro/encoders/distillmos/module.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::distillmos {

// The loaded module that the tensors describe, in inference mode (eval()); the names are the reference's.
// Throws CheckpointError that names `file` and every tensor that is missing, unexpected or misshapen, or the
// first one not of the parameter's type.
std::shared_ptr<DistillMosModule> module_from_state_dict(const io::StateDict& state, std::string_view file);

// The module's parameters and buffers by name, sharing memory: what module_from_state_dict() reads.
io::StateDict state_dict(const DistillMosModule& module);

}  // namespace qamro::encoders::distillmos
