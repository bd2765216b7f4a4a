#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <ostream>

namespace qamro::io {

// Write files that appear whole or not at all (atomic_file.h). Throw FileError.
void write_result(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);
// Indented by two spaces. Bytes that are no UTF-8, as paths may have, become U+FFFD: a long run must not fail
// when its result is written.
void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json);

}  // namespace qamro::io
