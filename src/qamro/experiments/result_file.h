#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <ostream>

namespace qamro::experiments {

// Files that appear whole (io/atomic_file.h). Throw FileError.
void write_result(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);
void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json);

}  // namespace qamro::experiments
