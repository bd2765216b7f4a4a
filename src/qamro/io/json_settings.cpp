#include "qamro/io/json_settings.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShown = 200;

}  // namespace

JsonSettings::JsonSettings(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
  if (!json_.is_object())
    throw CheckpointError(fmt::format("{}: expected settings by name, got {}", where_, json_.type_name()));
}

const Json& JsonSettings::at(const char* key) const {
  const auto found = json_.find(key);
  if (found == json_.end()) throw CheckpointError(fmt::format("{}: key '{}' is missing", where_, key));
  return *found;
}

void JsonSettings::refuse(const char* key, const char* expected) const {
  const std::string found = at(key).dump(-1, ' ', false, Json::error_handler_t::replace);
  throw CheckpointError(
      fmt::format("{}: {}: expected {}, got {}", where_, key, expected, found.substr(0, kShown)));
}

template <>
bool JsonSettings::required(const char* key) const {
  if (!at(key).is_boolean()) refuse(key, "true or false");
  return at(key).get<bool>();
}

template <>
std::int64_t JsonSettings::required(const char* key) const {
  const Json& value = at(key);
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}))
    refuse(key, "a whole number");
  return value.get<std::int64_t>();
}

template <>
double JsonSettings::required(const char* key) const {
  const Json& value = at(key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) refuse(key, "a finite number");
  return value.get<double>();
}

template <>
std::string JsonSettings::required(const char* key) const {
  if (!at(key).is_string()) refuse(key, "a string");
  return at(key).get<std::string>();
}

JsonSettings JsonSettings::part(const char* key) const {
  return {at(key), fmt::format("{}: {}", where_, key)};
}

}  // namespace qamro::io
