#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/core/error.h"
#include "qamro/training/toml.h"

namespace qamro::training {

// "recipe.toml:12", or "--set section.key=value" for a value that came from there.
std::string toml_location(const toml::node& node, const std::string& file);

// "did you mean 'X'?" if a known name is a few edits away, otherwise all known names.
std::string suggest_name(std::string_view name, std::span<const std::string> known);

// Reads a table strictly: every key must be asked for, and every value must have the requested type. Messages
// name file, line and section. If a key is absent, its value stays unchanged.
class TomlSection {
 public:
  // The whole file.
  TomlSection(const toml::table* table, std::string file) : TomlSection(table, "", "", std::move(file)) {}

  // As written in the file, "[optimizer]"; "" for the whole file.
  const std::string& name() const { return name_; }
  bool has(const std::string& key) const { return table_ != nullptr && table_->contains(key); }

  // Returns whether the key exists.
  bool read(const std::string& key, bool& value);
  bool read(const std::string& key, double& value);  // integers too; finite
  bool read(const std::string& key, std::int64_t& value);
  bool read(const std::string& key, std::string& value);
  template <typename T>
  bool read(const std::string& key, std::optional<T>& value);  // "none": absent
  template <typename T>
  bool read(const std::string& key, std::vector<T>& values);
  template <typename T, std::size_t N>
  bool read(const std::string& key, std::array<T, N>& values);
  template <NamedEnum Enum>
  bool read(const std::string& key, Enum& value);
  // A nested table, which may be absent.
  TomlSection section(const std::string& key);
  // The tables of an array of tables; empty when absent.
  std::vector<TomlSection> entries(const std::string& key);

  // Checks what was read from this section, and puts the section's location in front of an error message.
  void check(const std::function<void()>& validate) const;
  // Throws for the first key that was never asked for. Call it last.
  void finish() const;

 private:
  // path: "optimizer.parameter_groups". A null table stands for an absent section.
  TomlSection(const toml::table* table, std::string path, std::string name, std::string file);
  std::string path_of(const std::string& key) const;
  const toml::node* find(const std::string& key);
  [[noreturn]] void refuse(const toml::node& node, const std::string& key, std::string_view expected) const;
  void convert(const toml::node& node, const std::string& key, bool& value) const;
  void convert(const toml::node& node, const std::string& key, double& value) const;
  void convert(const toml::node& node, const std::string& key, std::int64_t& value) const;
  void convert(const toml::node& node, const std::string& key, std::string& value) const;
  const toml::array& array(const toml::node& node, const std::string& key) const;

  const toml::table* table_;
  std::string path_;
  std::string name_;
  std::string file_;
  std::vector<std::string> known_;
};

template <typename T>
bool TomlSection::read(const std::string& key, std::vector<T>& values) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  values.clear();
  for (const toml::node& element : array(*node, key)) convert(element, key, values.emplace_back());
  return true;
}

template <typename T, std::size_t N>
bool TomlSection::read(const std::string& key, std::array<T, N>& values) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  if (array(*node, key).size() != N) refuse(*node, key, fmt::format("a list of {} numbers", N));
  for (std::size_t i = 0; i < N; ++i) convert(*node->as_array()->get(i), key, values[i]);
  return true;
}

template <typename T>
bool TomlSection::read(const std::string& key, std::optional<T>& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  value.reset();
  if (node->value<std::string_view>() != "none") convert(*node, key, value.emplace());
  return true;
}

template <NamedEnum Enum>
bool TomlSection::read(const std::string& key, Enum& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  std::string text;
  convert(*node, key, text);
  const auto named = value_named<Enum>(text);
  if (!named) refuse(*node, key, "one of " + list_of_names<Enum>());
  value = *named;
  return true;
}

// Applies "section.key=value" to a parsed recipe, see load_recipe(). Throws InvalidInput that names
// the override.
void apply_overrides(toml::table& recipe, const std::vector<std::string>& overrides);

// Throws InvalidInput that names the line for what toml++ 3.3 cannot stand: a control character, which TOML
// forbids and some of which run into undefined behaviour, and a key of more than 100 parts ("a.b.c"), since
// as many tables inside each other are taken down by recursion.
void check_toml_text(std::string_view text, const std::string& name);

}  // namespace qamro::training
