#pragma once

namespace qamro::predictors {

// The name that qamro gives the weights in the model folders it writes.
inline constexpr const char* kWeightsFile = "model.safetensors";

}  // namespace qamro::predictors
