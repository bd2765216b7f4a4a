#pragma once

#include <filesystem>
#include <string>

#include "qamro/predictors/model_folder.h"

namespace qamro::predictors {

// Writes a published model (published_file.h; given by its file or folder) as qamro's folder, model.json and
// model.safetensors, which scores with the same bits. The model takes the folder's name; its provenance says
// from which file it came, by name and SHA-256. Nothing is written before all of the file has been read and
// its tensors fit.
//
// Throws InvalidInput for what is a qamro folder already, and for a `folder` that holds a model already;
// CheckpointError for tensors or settings that do not fit; FileError.
ModelDescription convert_model(const std::string& name_or_path, const std::filesystem::path& folder);

}  // namespace qamro::predictors
