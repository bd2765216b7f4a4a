#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qamro/models/model_folder.h"

namespace qamro::models {

// The model in a folder. It is the folder itself if it has a model.json (qamro's layout). Otherwise it is the
// published weights file that one of the kinds finds there (ModelKind::find). Empty if there is none.
std::optional<std::filesystem::path> model_in(const std::filesystem::path& folder);

// Describes a published file as qamro's model.json would, and keeps it open (ModelDescription::file). The
// content decides the kind (ModelKind::describe). Reads settings and names, not numbers. Throws FileError,
// and CheckpointError that says what is missing.
ModelDescription describe_published_file(const std::filesystem::path& weights);

// The model that the commands take if none is named: it puts the most pairs of known order right
// (docs/adr/0018-default-model-by-known-order.md).
inline constexpr const char* kDefaultModel = "distill-mos";

// Folders that are searched for models by name; the first match wins: each of $QAMRO_MODELS (separated by
// ':'), ../share/qamro/models and ../models beside the running program, the models installed with
// libqamro.so, the source tree's models/, and the store of fetched models.
std::vector<std::filesystem::path> model_search_path();

// Finds a model by name ("distill-mos") or by path. The path is a folder that holds model.json, the
// model.json itself, or a published model of Audiobox-Aesthetics (models/audiobox/model.h: a .pt,
// or a folder with config.json and model.safetensors, or with checkpoint.pt) or of CLAP
// (models/clap/model.h). Returns qamro's folder or the published weights file. Throws InvalidInput that
// lists the known names and the searched folders.
std::filesystem::path find_model(const std::string& name_or_path);

// Describes that model from its model.json or its published file. Throws as find_model() and
// read_model_folder() do.
ModelDescription describe_model(const std::string& name_or_path);

// Describes the encoder that the heads in `folder` name. A folder inside theirs (an encoder trained with
// them) comes first, then the models that describe_model() finds.
ModelDescription describe_encoder(const std::filesystem::path& folder, const std::string& name);

// All models of the search path, sorted by name. A model with a broken description is left out.
std::vector<ModelDescription> list_models();

}  // namespace qamro::models
