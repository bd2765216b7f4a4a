#include "qamro/training/toml_section.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <utility>

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

}  // namespace qamro::training
