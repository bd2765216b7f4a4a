#include "qamro/training/recipe.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "qamro/core/error.h"
#include "qamro/training/recipe_keys.h"
#include "qamro/training/toml_section.h"

namespace qamro::training {
namespace {

// An empty path stays empty.
void resolve(std::string& path, const std::filesystem::path& folder) {
  if (!path.empty()) path = (folder / path).lexically_normal().string();
}

void resolve(std::vector<std::string>& paths, const std::filesystem::path& folder) {
  for (std::string& path : paths) resolve(path, folder);
}

template <RecipeTable Entry>
Entry read_entry(TomlSection& section, const std::filesystem::path& folder);

// Reads the keys that it visits. Keys that the file does not have keep their values.
struct KeyReader {
  TomlSection& section;
  const std::filesystem::path& folder;

  template <typename T>
  void operator()(const char* key, T& value) const {
    section.read(key, value);
  }
  template <typename T>
  void operator()(const char* key, FileKey<T> paths) const {
    if (section.read(key, paths.value)) resolve(paths.value, folder);
  }
  template <typename T>
  void operator()(const char* key, FollowingKey<T> following) const {
    if (!section.read(key, following.value)) following.value = following.otherwise;
  }
  template <typename T>
  void operator()(const char* key, LaterKey<T> later) const {
    section.read(key, later.value);
  }
  template <RecipeTable Entry>
  void operator()(const char* key, std::vector<Entry>& entries) const {
    std::vector<Entry> found;
    for (TomlSection& entry : section.entries(key)) found.push_back(read_entry<Entry>(entry, folder));
    if (!found.empty()) entries = std::move(found);
  }
};

void check_kind(const TomlSection& section, const LossOptions&) {
  if (!section.has("kind"))
    throw InvalidInput(fmt::format(
        "kind in {}: expected huber, mse, l1, ranking or a listwise loss, got nothing", section.name()));
}
void check_kind(const TomlSection&, const ParameterGroup&) {}
void check_kind(const TomlSection&, const AblationVariant&) {}

void check_entry(const TomlSection&, const LossOptions& loss) {
  loss.validate();
}
void check_entry(const TomlSection& section, const ParameterGroup&) {
  if (!section.has("name"))
    throw InvalidInput(fmt::format("{}: expected a name, got nothing", section.name()));
}
void check_entry(const TomlSection& section, const AblationVariant& variant) {
  if (variant.name.empty() || variant.losses.empty())
    throw InvalidInput(
        fmt::format("{}: expected a name and at least one [[ablate.variants.loss]]", section.name()));
}

template <RecipeTable Entry>
Entry read_entry(TomlSection& section, const std::filesystem::path& folder) {
  Entry entry;
  section.check([&] { check_kind(section, entry); });  // the other keys depend on it
  visit_keys(entry, KeyReader{section, folder});
  section.finish();
  section.check([&] { check_entry(section, entry); });
  return entry;
}

toml::table parse_toml(const std::string& text, const std::string& name) {
  check_toml_text(text, name);
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw InvalidInput(fmt::format("{}:{}: not TOML: {}", name, error.source().begin.line,
                                   std::string(error.description())));
  }
}

}  // namespace

Recipe parse_recipe(const std::string& text, const std::string& name, const std::filesystem::path& folder,
                    const std::vector<std::string>& overrides) {
  toml::table root = parse_toml(text, name);
  apply_overrides(root, overrides);
  TomlSection top(&root, name);
  Recipe recipe;
  visit_sections(recipe, [&](const std::string& key, auto keys) {
    if (key.empty()) return keys(KeyReader{top, folder});
    TomlSection section = top.section(key);
    keys(KeyReader{section, folder});
    section.finish();
    if (key == "split") section.check([&] { recipe.split.validate(); });
  });
  top.finish();
  try {
    recipe.validate();
  } catch (const InvalidInput& error) {
    throw InvalidInput(fmt::format("{}: {}", name, error.what()));
  }
  return recipe;
}

Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw FileError(describe_errno(path.string(), errno));
  return parse_recipe(text.str(), path.string(), std::filesystem::absolute(path).parent_path(), overrides);
}

}  // namespace qamro::training
