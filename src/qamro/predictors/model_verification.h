#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "qamro/predictors/model_folder.h"

namespace qamro::predictors {

// One file of weights that was found whole.
struct VerifiedWeights {
  std::filesystem::path file;
  std::string sha256;
  std::string sha256_is_from;  // "model.json", "audiobox-aesthetics as published"; "" if nothing tells it
  std::size_t tensors = 0;
  std::int64_t numbers = 0;
};

struct ModelVerification {
  ModelDescription model;
  std::vector<VerifiedWeights> weights;  // the model's, and for heads their encoder's as well
  std::vector<double> scores;            // of a second of noise, one an axis
};

// Looks at all of a model: the hash of its weights (against model.json, where it tells one), every tensor's
// numbers, its name, type and shape, and the scores of a second of noise. Throws as open_predictor(), and
// CheckpointError that names the tensors with NaN or infinite numbers, or the axis whose score is not finite.
ModelVerification verify_model(const std::string& name_or_path);

}  // namespace qamro::predictors
