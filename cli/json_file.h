#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace qamro::cli {

// Writes JSON indented by two spaces. The file appears whole or not at all.
void write_json(const std::string& path, const nlohmann::ordered_json& json);

}  // namespace qamro::cli
