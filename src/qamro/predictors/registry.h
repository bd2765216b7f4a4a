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

// A model given by name ("distill-mos") or by path: a folder that holds model.json (or the model.json
// itself), or a published file of Audiobox-Aesthetics (predictors/audiobox_config.h): a .pt, or a folder with
// config.json and model.safetensors, or with checkpoint.pt; or of CLAP (predictors/clap_file.h). Returns
// qamro's folder, or the published file of weights. Throws InvalidInput that lists the known names and the
// folders searched.
std::filesystem::path find_model(const std::string& name_or_path);

// What model.json, or the published file itself, says of that model. Throws as find_model and
// read_model_folder.
ModelDescription describe_model(const std::string& name_or_path);

// The encoder that heads in `folder` name: a folder below theirs (one that was trained with them), else as
// describe_model.
ModelDescription describe_encoder(const std::filesystem::path& folder, const std::string& name);

// Every model of the search path, by name; one whose description is broken is left out.
std::vector<ModelDescription> list_models();

}  // namespace qamro::predictors
