#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace qamro::io {

// What a JSON document may hold. Values are copied and printed by recursion, so that depth costs stack, and
// each takes some hundred bytes.
struct JsonLimits {
  std::size_t bytes = std::size_t{64} << 20;
  int depth = 64;
  std::size_t values = 4'000'000;
  std::size_t names = 10'000;  // of an object: one that keeps their order compares each with all others
  bool unique_names = false;   // each name once in its object
};

// Throws as parse_json().
void check_json(std::string_view text, const std::string& name, const JsonLimits& limits = {});

// Every JSON document from outside is read here, but for rows (jsonl.h). Throws CheckpointError that begins
// with `name`: "model.json: expected JSON of at most 64 levels, got some nested deeper".
nlohmann::ordered_json parse_json(std::string_view text, const std::string& name,
                                  const JsonLimits& limits = {});
// Of a whole file. Throws FileError if it cannot be read, and CheckpointError for a device.
nlohmann::ordered_json read_json(const std::filesystem::path& path, const JsonLimits& limits = {});
// Empty for what parse_json() refuses.
std::optional<nlohmann::ordered_json> parsed_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace qamro::io
