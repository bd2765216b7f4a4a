#pragma once

#include <memory>
#include <string_view>

#include "qamro/encoders/htsat/module.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::htsat {

// The module that the tensors describe, in inference mode (eval()); it takes them as they are
// (encoders/module_state.h). Beside its parameters a file of LAION's holds
// - what is computed, which may be missing and is otherwise checked: the Fourier transform's and the mel
// matrices (those
//   of the file are used), relative position indices and shift masks;
// - the sound classifier's last layers (`tscam_conv`, `head`), which no embedding passes through.
// Throws CheckpointError that names `file` and every tensor that is missing, unexpected, misshapen or not
// float32, or whose values are not those computed; and a fusion model's tensors as such.
std::shared_ptr<HtsatModule> module_from_state_dict(io::StateDict state, std::string_view file);

}  // namespace qamro::encoders::htsat
