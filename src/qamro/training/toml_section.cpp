#include "qamro/training/toml_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <string_view>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::training {
namespace {

// Levenshtein distance.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

std::string show(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& value) { text << value; });
  return text.str();
}

}  // namespace

std::string toml_location(const toml::node& node, const std::string& file) {
  const toml::source_region& source = node.source();
  if (source.path && source.path->starts_with("--set ")) return *source.path;
  return source.begin.line == 0 ? file : fmt::format("{}:{}", file, source.begin.line);
}

std::string suggest_name(std::string_view name, std::span<const std::string> known) {
  const auto nearest = std::min_element(
      known.begin(), known.end(),
      [&](const std::string& a, const std::string& b) { return edits(name, a) < edits(name, b); });
  if (nearest != known.end() && edits(name, *nearest) <= name.size() / 2)
    return fmt::format("did you mean '{}'?", *nearest);
  return fmt::format("known keys are {}", fmt::join(known, ", "));
}

TomlSection::TomlSection(const toml::table* table, std::string path, std::string name, std::string file)
    : table_(table), path_(std::move(path)), name_(std::move(name)), file_(std::move(file)) {}

std::string TomlSection::path_of(const std::string& key) const {
  return path_.empty() ? key : fmt::format("{}.{}", path_, key);
}

const toml::node* TomlSection::find(const std::string& key) {
  known_.push_back(key);
  return table_ == nullptr ? nullptr : table_->get(key);
}

void TomlSection::refuse(const toml::node& node, const std::string& key, std::string_view expected) const {
  throw InvalidInput(fmt::format("{}: {} in {}: expected {}, got {}", toml_location(node, file_), key, name_,
                                 expected, show(node)));
}

bool TomlSection::read(const std::string& key, bool& value) {
  const toml::node* node = find(key);
  if (node != nullptr) convert(*node, key, value);
  return node != nullptr;
}

bool TomlSection::read(const std::string& key, double& value) {
  const toml::node* node = find(key);
  if (node != nullptr) convert(*node, key, value);
  return node != nullptr;
}

bool TomlSection::read(const std::string& key, std::int64_t& value) {
  const toml::node* node = find(key);
  if (node != nullptr) convert(*node, key, value);
  return node != nullptr;
}

bool TomlSection::read(const std::string& key, std::string& value) {
  const toml::node* node = find(key);
  if (node != nullptr) convert(*node, key, value);
  return node != nullptr;
}

void TomlSection::convert(const toml::node& node, const std::string& key, bool& value) const {
  const auto* found = node.as_boolean();
  if (found == nullptr) refuse(node, key, "true or false");
  value = found->get();
}

void TomlSection::convert(const toml::node& node, const std::string& key, double& value) const {
  if (const auto* integer = node.as_integer()) {
    value = static_cast<double>(integer->get());
    return;
  }
  const auto* found = node.as_floating_point();
  if (found == nullptr || !std::isfinite(found->get())) refuse(node, key, "a finite number");
  value = found->get();
}

void TomlSection::convert(const toml::node& node, const std::string& key, std::int64_t& value) const {
  const auto* found = node.as_integer();
  if (found == nullptr) refuse(node, key, "an integer");
  value = found->get();
}

void TomlSection::convert(const toml::node& node, const std::string& key, std::string& value) const {
  const auto* found = node.as_string();
  if (found == nullptr) refuse(node, key, "a string");
  value = found->get();
}

const toml::array& TomlSection::array(const toml::node& node, const std::string& key) const {
  const toml::array* found = node.as_array();
  if (found == nullptr) refuse(node, key, "a list");
  return *found;
}

TomlSection TomlSection::section(const std::string& key) {
  const std::string path = path_of(key);
  const toml::node* node = find(key);
  const toml::table* table = node == nullptr ? nullptr : node->as_table();
  if (node != nullptr && table == nullptr) refuse(*node, key, fmt::format("a section [{}]", key));
  return {table, path, fmt::format("[{}]", path), file_};
}

std::vector<TomlSection> TomlSection::entries(const std::string& key) {
  std::vector<TomlSection> found;
  const toml::node* node = find(key);
  if (node == nullptr) return found;
  const std::string path = path_of(key), name = fmt::format("[[{}]]", path);
  for (const toml::node& element : array(*node, key)) {
    if (!element.is_table()) refuse(element, key, fmt::format("sections [[{}]]", key));
    found.push_back(TomlSection(element.as_table(), path, name, file_));
  }
  return found;
}

void TomlSection::check(const std::function<void()>& validate) const {
  try {
    validate();
  } catch (const InvalidInput& error) {
    throw InvalidInput(
        fmt::format("{}: {}", table_ == nullptr ? file_ : toml_location(*table_, file_), error.what()));
  }
}

void TomlSection::finish() const {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *table_) {
    const std::string name(key.str());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const std::string where = name_.empty() ? "recipe" : name_;
    throw InvalidInput(fmt::format("{}: unknown key '{}' in {}: {}", toml_location(node, file_), name, where,
                                   suggest_name(name, known_)));
  }
}

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
    check_toml_text(value, source);
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
    check_toml_text(override_text.substr(0, equals), "--set");
    toml::table value = parse_value(override_text.substr(equals + 1), source);
    toml::table& section = descend(recipe, parts, source);
    // Moved, because a copied node forgets where it came from.
    value.get("value")->visit([&](auto& node) { section.insert_or_assign(parts.back(), std::move(node)); });
  }
}

namespace {

// Behind a string that begins at `start`, on the same line; `start` + 1 where it does not end there.
std::size_t end_of_quoted(std::string_view line, std::size_t start) {
  for (std::size_t i = start + 1; i < line.size(); ++i) {
    if (line[i] == line[start]) return i + 1;
    if (line[i] == '\\' && line[start] == '"') ++i;
  }
  return start + 1;
}

// The largest number of dots in what may be a key: bare words and strings, with a dot between each two.
std::size_t max_dots(std::string_view line) {
  std::size_t dots = 0, most = 0;
  bool is_behind_dot = false, is_behind_blank = false;
  for (std::size_t i = 0; i < line.size();) {
    const char c = line[i];
    i = c == '"' || c == '\'' ? end_of_quoted(line, i) : i + 1;
    if (c == ' ' || c == '\t') {
      is_behind_blank = true;
      continue;
    }
    const bool ends_key = c == '.' ? is_behind_dot : is_behind_blank && !is_behind_dot;
    if (ends_key || std::string_view("=,[]{}#").find(c) != std::string_view::npos) dots = 0;
    if (c == '.') most = std::max(most, ++dots);
    is_behind_dot = c == '.';
    is_behind_blank = false;
  }
  return most;
}

}  // namespace

void check_toml_text(std::string_view text, const std::string& name) {
  constexpr std::size_t kMaxDots = 100;
  for (std::size_t number = 1, start = 0; start < text.size(); ++number) {
    const std::string_view line = text.substr(start, text.find('\n', start) - start);
    start += line.size() + 1;
    for (const char c : line)
      if (const auto byte = static_cast<unsigned char>(c);
          (byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7F)
        throw InvalidInput(fmt::format("{}:{}: not TOML: expected text, got the control character 0x{:02x}",
                                       name, number, byte));
    if (max_dots(line) > kMaxDots)
      throw InvalidInput(
          fmt::format("{}:{}: expected a key of at most {} parts, got more", name, number, kMaxDots));
  }
}

}  // namespace qamro::training
