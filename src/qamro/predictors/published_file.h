#pragma once

#include <filesystem>
#include <optional>

#include "qamro/predictors/model_folder.h"

namespace qamro::predictors {

// Whether a file is named like published weights: *.pt, pytorch_model.bin, or model.safetensors beside
// a config.json.
bool is_published_file(const std::filesystem::path& file);

// The model in a folder. It is the folder itself if it has a model.json (qamro's layout). Otherwise it is the
// published weights file: what find_clap_file() finds, model.safetensors beside a config.json, or
// checkpoint.pt. Empty if there is none.
std::optional<std::filesystem::path> model_in(const std::filesystem::path& folder);

// Describes a published file as qamro's model.json would. The content decides the kind: a checkpoint of
// Distill-MOS, {"model": {"cnn.cnn.0.weight", …}}, CLAP (clap_file.h) or Audiobox-Aesthetics
// (audiobox_config.h). Reads settings and names, not numbers. Throws FileError, and CheckpointError that says
// what is missing.
ModelDescription describe_published_file(const std::filesystem::path& weights);

}  // namespace qamro::predictors
