#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <ostream>

namespace qamro::experiments {

// Write files that appear only when they are complete (io/atomic_file.h). Throw FileError.
void write_result(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);
void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json);

}  // namespace qamro::experiments
