#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "qamro/models/model_folder.h"

namespace qamro::models {

// One weights file that passed the checks.
struct VerifiedWeights {
  std::filesystem::path file;
  std::string sha256;
  std::string sha256_is_from;  // "model.json", "audiobox-aesthetics as published"; "" if unknown
  std::size_t tensors = 0;
  std::int64_t numbers = 0;
};

struct ModelVerification {
  ModelDescription model;
  std::vector<VerifiedWeights> weights;  // the model's; for heads also their encoder's
  std::vector<double> scores;            // for a second of noise, one per axis
};

// Checks all of a model: the hash of its weights (against model.json, if stated there), the name, type, shape
// and numbers of every tensor, and the scores for a second of noise. Throws as open_predictor() does, and
// CheckpointError that names the tensors with NaN or infinite numbers, or the axis whose score is not finite.
ModelVerification verify_model(const std::string& name_or_path);

}  // namespace qamro::models
