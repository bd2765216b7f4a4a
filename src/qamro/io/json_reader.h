#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// The numbers that a setting may have: finite ones from `low` to `high`, which may be left out themselves.
struct NumberRange {
  double low;
  double high;
  bool without_low = false;
  bool without_high = false;

  bool contains(double number) const;
  std::string text() const;  // "a number in [0, 1)"
};

// Values of a JSON object by key. Each must have exactly the type asked for, except that a whole number may
// be read as a double. T is bool, std::int64_t, double (finite) or std::string. Throws CheckpointError that
// names `where`, a file or part of one, and the key: "config.json: proj_ln: expected true or false, got 3".
class JsonSettings {
 public:
  // `json` must outlive this object. Throws CheckpointError if it is not an object.
  JsonSettings(const nlohmann::ordered_json& json, std::string where);

  bool has(const char* key) const { return json_.contains(key); }
  template <typename T>
  T required(const char* key) const;
  template <typename T>
  T optional(const char* key, T otherwise) const {
    return has(key) ? required<T>(key) : otherwise;
  }
  // A whole number from `low` to `high`: "model.json: heads: input: expected a whole number from 1 to 65536,
  // got -5".
  std::int64_t required_in_range(const char* key, std::int64_t low, std::int64_t high) const;
  std::int64_t optional_in_range(const char* key, std::int64_t low, std::int64_t high,
                                 std::int64_t otherwise) const {
    return has(key) ? required_in_range(key, low, high) : otherwise;
  }
  double required_in_range(const char* key, const NumberRange& range) const;
  double optional_in_range(const char* key, const NumberRange& range, double otherwise) const {
    return has(key) ? required_in_range(key, range) : otherwise;
  }
  // A list of `count` whole numbers from `low` to `high`.
  std::vector<std::int64_t> required_list(const char* key, std::size_t count, std::int64_t low,
                                          std::int64_t high) const;
  // [low, high], both from -limit to limit and `least` or more apart.
  std::array<double, 2> required_interval(const char* key, double limit, double least) const;
  // The objects of a list: "model.json: axes[0]: …".
  std::vector<JsonSettings> entries(const char* key) const;
  // The object under a key.
  JsonSettings part(const char* key) const;
  const nlohmann::ordered_json& json() const { return json_; }
  const std::string& where() const { return where_; }

 private:
  const nlohmann::ordered_json& at(const char* key) const;
  [[noreturn]] void refuse(const char* key, std::string_view expected) const;

  const nlohmann::ordered_json& json_;
  std::string where_;
};

template <>
bool JsonSettings::required(const char* key) const;
template <>
std::int64_t JsonSettings::required(const char* key) const;
template <>
double JsonSettings::required(const char* key) const;
template <>
std::string JsonSettings::required(const char* key) const;

}  // namespace qamro::io
