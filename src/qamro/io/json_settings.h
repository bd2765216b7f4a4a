#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace qamro::io {

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
  // The object under a key.
  JsonSettings part(const char* key) const;
  const nlohmann::ordered_json& json() const { return json_; }

 private:
  const nlohmann::ordered_json& at(const char* key) const;
  [[noreturn]] void refuse(const char* key, const char* expected) const;

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
