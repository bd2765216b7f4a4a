#include "qamro/io/pickle_json.h"

#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using Json = nlohmann::ordered_json;

Json array(const std::vector<PickleValue>& items, std::string_view what) {
  Json json = Json::array();
  for (const PickleValue& item : items) json.push_back(to_json(item, what));
  return json;
}

Json object(const PickleDict& dict, std::string_view what) {
  Json json = Json::object();
  for (const auto& [key, item] : dict.items) {
    const auto* name = key.get_if<std::string>();
    if (name == nullptr)
      throw CheckpointError(fmt::format("{}: expected keys that are str, got {}", what, key.type_name()));
    json[*name] = to_json(item, what);
  }
  return json;
}

}  // namespace

Json to_json(const PickleValue& value, std::string_view what) {
  if (value.get_if<std::monostate>() != nullptr) return nullptr;
  if (const auto* flag = value.get_if<bool>()) return *flag;
  if (const auto* integer = value.get_if<std::int64_t>()) return *integer;
  if (const auto* number = value.get_if<double>()) return *number;
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* list = value.get_if<PickleList>()) return array(list->items, what);
  if (const auto* tuple = value.get_if<PickleTuple>()) return array(tuple->items, what);
  if (const auto* dict = value.get_if<PickleDict>()) return object(*dict, what);
  throw CheckpointError(fmt::format("{}: expected plain settings, got {}", what, value.type_name()));
}

}  // namespace qamro::io
