#include "qamro/io/pickle_value.h"

#include <fmt/format.h>

#include <array>

#include "qamro/core/error.h"

namespace qamro::io {
namespace {

std::string joined(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

// What a key adds to a tensor's name: text or a number as it is, anything else the name of its type.
std::string key_text(const PickleValue& key) {
  if (const auto* text = key.get_if<std::string>()) return *text;
  if (const auto* number = key.get_if<std::int64_t>()) return std::to_string(*number);
  return key.type_name();
}

void flatten(const PickleValue& value, const std::string& name, StateDict& tensors) {
  const auto flatten_items = [&](const std::vector<PickleValue>& items) {
    for (std::size_t i = 0; i < items.size(); ++i)
      flatten(items[i], joined(name, std::to_string(i)), tensors);
  };
  if (const auto* tensor = value.get_if<at::Tensor>()) {
    if (!tensors.emplace(name, *tensor).second)
      throw CheckpointError(fmt::format("expected one tensor of each name, got '{}' twice", name));
  } else if (const auto* dict = value.get_if<PickleDict>()) {
    for (const auto& [key, item] : dict->items) flatten(item, joined(name, key_text(key)), tensors);
  } else if (const auto* list = value.get_if<PickleList>()) {
    flatten_items(list->items);
  } else if (const auto* tuple = value.get_if<PickleTuple>()) {
    flatten_items(tuple->items);
  }
}

}  // namespace

const PickleValue* PickleDict::find(std::string_view key) const {
  for (const auto& [name, item] : items) {
    const auto* text = name.get_if<std::string>();
    if (text != nullptr && *text == key) return &item;
  }
  return nullptr;
}

const char* PickleValue::type_name() const {
  constexpr std::array<const char*, 10> kNames = {"None",  "bool", "int",   "float", "str",
                                                  "bytes", "list", "tuple", "dict",  "tensor"};
  return kNames.at(value.index());
}

StateDict flatten_tensors(const PickleValue& value, const std::string& prefix) {
  StateDict tensors;
  flatten(value, prefix, tensors);
  return tensors;
}

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
