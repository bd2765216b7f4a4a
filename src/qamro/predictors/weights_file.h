#pragma once

namespace qamro::predictors {

// File name of the weights in model folders that qamro writes.
inline constexpr const char* kWeightsFile = "model.safetensors";

}  // namespace qamro::predictors
