#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "qamro/data/manifest.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/predictor.h"

namespace qamro::scoring {

// How scores were made, stored beside them: model and its hash, precision, resampler, mono policy, version.
nlohmann::ordered_json provenance(const models::Predictor& predictor, const models::EncodingOptions& options);

// A digest of everything that decides the rows of a run: provenance and the list of clips. Two runs with the
// same digest write the same file.
std::string settings_digest(const nlohmann::ordered_json& provenance, std::span<const data::Clip> clips);

}  // namespace qamro::scoring
