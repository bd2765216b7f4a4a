#pragma once

#include <filesystem>
#include <optional>

#include "qamro/models/model_folder.h"

namespace qamro::models {

// Whether a file is named like published weights: *.pt, pytorch_model.bin, or model.safetensors beside
// a config.json.
bool is_published_file(const std::filesystem::path& file);

// The model in a folder. It is the folder itself if it has a model.json (qamro's layout). Otherwise it is the
// published weights file that one of the kinds finds there (ModelKind::find). Empty if there is none.
std::optional<std::filesystem::path> model_in(const std::filesystem::path& folder);

// Describes a published file as qamro's model.json would, and keeps it open (ModelDescription::file). The
// content decides the kind (ModelKind::describe). Reads settings and names, not numbers. Throws FileError,
// and CheckpointError that says what is missing.
ModelDescription describe_published_file(const std::filesystem::path& weights);

}  // namespace qamro::models
