#pragma once

#include <memory>
#include <string_view>

#include "qamro/encoders/htsat/module.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::htsat {

// The module that the tensors describe, in inference mode (eval()). It uses them without a copy
// (encoders/module_state.h). Besides the parameters, a LAION file holds
// - computed tensors, which are optional and checked if present: the Fourier transform's matrices, the mel
//   matrix (the file's own is used), relative position indices and shift masks;
// - the sound classifier's last layers (`tscam_conv`, `head`), which no embedding passes through.
// Throws CheckpointError that names `file` and every tensor that is missing, unexpected or misshapen, or the
// first one that is not float32 or differs from its computed values. Refuses a fusion model as such.
std::shared_ptr<HtsatModule> module_from_state_dict(io::StateDict state, std::string_view file);

}  // namespace qamro::encoders::htsat
