#pragma once

#include <filesystem>
#include <optional>

#include "qamro/predictors/model_folder.h"

namespace qamro::predictors {

// Whether a file's name is one that published weights have: *.pt, or model.safetensors beside a config.json.
bool is_published_file(const std::filesystem::path& file);

// The model that a folder holds: the folder itself where it has a model.json (qamro's), else the weights that
// lie in it as published, model.safetensors beside a config.json, or checkpoint.pt; nothing where it has
// none.
std::optional<std::filesystem::path> model_in(const std::filesystem::path& folder);

// A published file as qamro's model.json would describe it. What it holds tells what it is: a checkpoint of
// Distill-MOS, {"model": {"cnn.cnn.0.weight", …}}, or Audiobox-Aesthetics (audiobox_config.h). Reads
// settings and names, not numbers. Throws FileError, and CheckpointError that says what is missing.
ModelDescription describe_published_file(const std::filesystem::path& weights);

}  // namespace qamro::predictors
