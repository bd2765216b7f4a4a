#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "qamro/training/recipe.h"
#include "qamro/training/toml.h"

// docs/recipe.md has a table for each section of a recipe. It must name the keys that a written recipe has,
// and their defaults.
namespace qamro::training {
namespace {

using Values = std::set<std::string>;          // of one key: more than one if it depends on other keys
using Keys = std::map<std::string, Values>;    // of one section
using Sections = std::map<std::string, Keys>;  // "[data]", "[[loss]]" …

// The same text for the same value: 1e-3 and 0.001, 1 and 1.0.
std::string text_of(const toml::node& node) {
  if (const auto number = node.value<double>()) return fmt::format("{}", *number);
  if (const auto text = node.value<std::string>()) return fmt::format("\"{}\"", *text);
  if (const auto truth = node.value<bool>()) return *truth ? "true" : "false";
  std::vector<std::string> entries;
  for (const toml::node& entry : *node.as_array()) entries.push_back(text_of(entry));
  return fmt::format("[{}]", fmt::join(entries, ", "));
}

// path: "ablate.variants"; header: "[[ablate.variants]]", as the docs name the section.
void collect(const toml::table& table, const std::string& path, const std::string& header,
             Sections& sections) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str()), inner = path.empty() ? name : path + "." + name;
    if (const toml::table* section = node.as_table()) {
      collect(*section, inner, fmt::format("[{}]", inner), sections);
    } else if (const toml::array* list = node.as_array();
               list != nullptr && list->get_as<toml::table>(0) != nullptr) {
      const std::string entries = inner == "ablate.variants.loss" ? "[[loss]]" : fmt::format("[[{}]]", inner);
      for (const toml::node& entry : *list) collect(*entry.as_table(), inner, entries, sections);
    } else {
      sections[header][name].insert(text_of(node));
    }
  }
}

// Every key that a recipe can have, with its defaults.
Sections written() {
  Sections sections;
  for (const auto& [heads, name] : enum_names(HeadKind())) {
    Recipe recipe;
    recipe.model.head_kind = heads;
    recipe.trainer.losses.clear();
    for (const auto& [kind, loss_name] : enum_names(LossKind()))
      recipe.trainer.losses.push_back({.kind = kind});
    recipe.trainer.optimizer.parameter_groups.emplace_back();
    recipe.ablate.variants.emplace_back().losses.emplace_back();
    collect(toml::parse(recipe_to_toml(recipe)), "", "", sections);
  }
  sections["[model]"]["head_kind"] = {"\"mlp\""};
  return sections;
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  std::size_t start = 1;
  for (std::size_t bar = 0; (bar = row.find('|', start)) != std::string::npos; start = bar + 1)
    cells.push_back(row.substr(start, bar - start));
  return cells;
}

std::vector<std::string> quoted_in(const std::string& cell) {
  static const std::regex code("`([^`]+)`");
  std::vector<std::string> found;
  for (std::sregex_iterator match(cell.begin(), cell.end(), code), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

// What a key's defaults are according to the tokens of its row: values, or the name of a key with the same
// default.
Values documented_values(const std::vector<std::string>& tokens, const Keys& keys) {
  Values values;
  for (const std::string& token : tokens) {
    if (const auto other = keys.find(token); other != keys.end())
      values.insert(other->second.begin(), other->second.end());
    else
      values.insert(text_of(*toml::parse("value = " + token).get("value")));
  }
  return values;
}

void check_row(const std::string& section, const std::vector<std::string>& cells, Sections& left,
               const Keys& keys) {
  const auto names = quoted_in(cells[0]), tokens = quoted_in(cells[1]);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = keys.find(names[i]);
    if (found == keys.end()) {
      ADD_FAILURE() << section << ": no recipe has the key '" << names[i] << "'";
      continue;
    }
    left[section].erase(names[i]);
    if (cells[1] == " required ") continue;
    const auto own = names.size() > 1 && tokens.size() == names.size() ? std::vector{tokens[i]} : tokens;
    Values expected = found->second;
    if (own.empty())
      std::erase_if(expected, [](const auto& value) { return value == "\"\"" || value == "[]"; });
    EXPECT_EQ(documented_values(own, keys), expected) << section << " " << names[i] << ":" << cells[1];
  }
}

TEST(RecipeDocs, NameEveryKeyWithItsDefault) {
  const Sections sections = written();
  Sections left = sections;  // what the docs have not named yet
  std::ifstream file(QAMRO_SOURCE_DIR "/docs/recipe.md");
  std::string section;
  bool is_of_keys = false;
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) {
      const auto code = quoted_in(line);
      section = code.empty() ? "" : code.front();
    }
    if (!line.starts_with("|")) is_of_keys = false;
    if (is_of_keys && !line.starts_with("|--")) {
      const auto cells = cells_of(line);
      ASSERT_EQ(cells.size(), 3U) << line;
      ASSERT_TRUE(sections.contains(section)) << section;
      check_row(section, cells, left, sections.at(section));
      ++rows;
    }
    if (line.starts_with("| key |")) is_of_keys = true;
  }
  EXPECT_GT(rows, 60);
  for (const auto& [name, keys] : left)
    for (const auto& [key, values] : keys)
      ADD_FAILURE() << name << ": docs/recipe.md does not name '" << key << "'";
}

}  // namespace
}  // namespace qamro::training
