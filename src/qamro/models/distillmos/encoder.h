#pragma once

#include <memory>
#include <string>

#include "qamro/models/compute.h"
#include "qamro/models/encoder.h"
#include "qamro/models/model_folder.h"

namespace qamro::models {

// Distill-MOS as a frozen encoder: 7.68 s windows at 16 kHz, at most 1 s apart, in the given embedding layout
// (encoders/distillmos/embedding_layout.h; "mos" is the network's own score). Throws CheckpointError if the
// weights do not fit, InvalidInput for an invalid layout and for int8.
std::unique_ptr<WindowEncoder> load_distillmos_encoder(const ModelDescription& description,
                                                       const std::string& layout, const Compute& compute);

}  // namespace qamro::models
