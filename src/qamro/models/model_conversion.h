#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "qamro/models/model_folder.h"

namespace qamro::models {

// Writes a published model (registry.h), given by its file or folder, as qamro's folder: model.json and
// model.safetensors. The scores are the same to the bit. The model takes the folder's name, and its
// provenance gives the name and SHA-256 of the original file. Nothing is written until the whole file has
// been read and its tensors fit.
//
// Throws InvalidInput if the model is a qamro folder already, or if `folder` already holds a model;
// CheckpointError for tensors or settings that do not fit; FileError.
ModelDescription convert_model(const std::string& name_or_path, const std::filesystem::path& folder);

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
