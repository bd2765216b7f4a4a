#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "qamro/predictors/model_folder.h"

namespace qamro::predictors {

// The model that `qamro score` uses when none is named; chosen by held-out evidence (docs/adr/).
inline constexpr const char* kDefaultModel = "qamro-speech";

// Folders in which models are looked for by name, first match wins: each of $QAMRO_MODELS (separated by ':'),
// ../share/qamro/models and ../models beside the running program, and the source tree's models/.
std::vector<std::filesystem::path> model_search_path();

// The folder of a model given by name ("distill-mos") or by path (a folder that holds model.json, or the
// model.json itself). Throws InvalidInput that lists the known names and the folders searched.
std::filesystem::path find_model(const std::string& name_or_path);

// The encoder that heads in `folder` name: a folder below theirs (one that was trained with them), else as
// find_model.
std::filesystem::path find_encoder(const std::filesystem::path& folder, const std::string& name);

// Every model of the search path, by name; a folder whose model.json is broken is left out.
std::vector<ModelDescription> list_models();

}  // namespace qamro::predictors
