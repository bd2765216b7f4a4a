#pragma once

#include <filesystem>
#include <string>

#include "qamro/models/model_folder.h"

namespace qamro::models {

// Writes a published model (published_file.h), given by its file or folder, as qamro's folder: model.json and
// model.safetensors. The scores are the same to the bit. The model takes the folder's name, and its
// provenance gives the name and SHA-256 of the original file. Nothing is written until the whole file has
// been read and its tensors fit.
//
// Throws InvalidInput if the model is a qamro folder already, or if `folder` already holds a model;
// CheckpointError for tensors or settings that do not fit; FileError.
ModelDescription convert_model(const std::string& name_or_path, const std::filesystem::path& folder);

}  // namespace qamro::models
