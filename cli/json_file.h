#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace qamro::cli {

// The whole file or none, indented by two.
void write_json(const std::string& path, const nlohmann::ordered_json& json);

}  // namespace qamro::cli
