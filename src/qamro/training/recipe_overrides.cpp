#include "qamro/training/recipe_overrides.h"

#include <fmt/format.h>

#include <string_view>

#include "qamro/core/error.h"

namespace qamro::training {
namespace {

std::vector<std::string> split_key(std::string_view key) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= key.size();) {
    const std::size_t dot = std::min(key.find('.', start), key.size());
    parts.emplace_back(key.substr(start, dot - start));
    start = dot + 1;
  }
  return parts;
}

bool is_bare_word(std::string_view text) {
  return !text.empty() && text.find_first_of("\"'[]{}=,# \t") == std::string_view::npos;
}

// A table with the value under "value". Its nodes remember the override that they came from.
toml::table parse_value(const std::string& value, const std::string& source) {
  try {
    return toml::parse(fmt::format("value = {}", value), source);
  } catch (const toml::parse_error& error) {
    if (is_bare_word(value)) return toml::parse(fmt::format("value = \"{}\"", value), source);
    throw InvalidInput(
        fmt::format("{}: expected a TOML value: {}", source, std::string(error.description())));
  }
}

// Finds an entry of an array of tables by its number, `kind` or `name`.
toml::table* find_entry(toml::array& entries, const std::string& selector) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    toml::table* entry = entries[i].as_table();
    if (entry == nullptr) continue;
    const auto named = [&](const char* key) { return (*entry)[key].value<std::string>() == selector; };
    if (selector == std::to_string(i) || named("kind") || named("name")) return entry;
  }
  return nullptr;
}

// The table that holds the last part of the key. Creates missing sections.
toml::table& descend(toml::table& recipe, const std::vector<std::string>& parts, const std::string& source) {
  toml::table* table = &recipe;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (!table->contains(parts[i])) table->insert(parts[i], toml::table{});
    toml::node& node = *table->get(parts[i]);
    if (toml::array* entries = node.as_array(); entries != nullptr && i + 2 < parts.size()) {
      table = find_entry(*entries, parts[++i]);
      if (table == nullptr)
        throw InvalidInput(
            fmt::format("{}: no [[{}]] has the number, kind or name '{}'", source, parts[i - 1], parts[i]));
    } else if (node.is_table()) {
      table = node.as_table();
    } else {
      throw InvalidInput(fmt::format("{}: '{}' is not a section", source, parts[i]));
    }
  }
  return *table;
}

}  // namespace

void apply_overrides(toml::table& recipe, const std::vector<std::string>& overrides) {
  for (const std::string& override_text : overrides) {
    const std::string source = "--set " + override_text;
    const std::size_t equals = override_text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw InvalidInput(fmt::format("{}: expected section.key=value", source));
    const std::vector<std::string> parts = split_key(std::string_view(override_text).substr(0, equals));
    if (parts.size() < 2) throw InvalidInput(fmt::format("{}: expected section.key=value", source));
    toml::table value = parse_value(override_text.substr(equals + 1), source);
    toml::table& section = descend(recipe, parts, source);
    // Moved, because a copied node forgets where it came from.
    value.get("value")->visit([&](auto& node) { section.insert_or_assign(parts.back(), std::move(node)); });
  }
}

}  // namespace qamro::training
