#include <fmt/format.h>

#include <optional>
#include <ranges>
#include <utility>

#include "qamro/core/enum_names.h"
#include "qamro/core/sha256.h"
#include "qamro/training/recipe.h"
#include "qamro/training/recipe_keys.h"

namespace qamro::training {
namespace {

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string shown(const std::string& value) {
  return quote(value);
}
std::string shown(bool value) {
  return value ? "true" : "false";
}
std::string shown(double value) {
  return fmt::format("{}", value);  // the shortest text that reads back as the same number
}
std::string shown(std::int64_t value) {
  return fmt::format("{}", value);
}
template <NamedEnum Enum>
std::string shown(Enum value) {
  return quote(name_of(value));
}
template <typename List>
requires std::ranges::range<List> std::string shown(const List& values) {
  std::string result;
  for (const auto& value : values) result += (result.empty() ? "" : ", ") + shown(value);
  return "[" + result + "]";
}

// Everything, for readers; or what a fingerprint hashes: with it, a run could no longer be resumed if that
// text ever changed for the same recipe.
enum class Extent { kAll, kFingerprint };

// Writes the keys that it visits.
class KeyWriter {
 public:
  KeyWriter(std::string& text, std::string section, Extent extent)
      : text_(text), section_(std::move(section)), extent_(extent) {}

  void header(const char* open, const char* close) const {
    text_ += fmt::format("{}{}{}{}\n", text_.empty() ? "" : "\n", open, section_, close);
  }
  template <typename T>
  void operator()(const char* key, const T& value) const {
    text_ += fmt::format("{} = {}\n", key, shown(value));
  }
  template <typename T>
  void operator()(const char* key, const std::optional<T>& value) const {
    if (value)
      (*this)(key, *value);
    else if (extent_ == Extent::kAll)
      (*this)(key, std::string("none"));
  }
  template <typename T>
  void operator()(const char* key, FileKey<T> paths) const {
    (*this)(key, paths.value);
  }
  template <typename T>
  void operator()(const char* key, FollowingKey<T> following) const {
    (*this)(key, following.value);
  }
  template <typename T>
  void operator()(const char* key, LaterKey<T> later) const {
    if (extent_ == Extent::kAll || later.value != later.earlier) (*this)(key, later.value);
  }
  template <RecipeTable Entry>
  void operator()(const char* key, const std::vector<Entry>& entries) const {
    const KeyWriter writer(text_, section_.empty() ? key : fmt::format("{}.{}", section_, key), extent_);
    for (const Entry& entry : entries) {
      writer.header("[[", "]]");
      visit_keys(entry, writer);
    }
  }

 private:
  std::string& text_;
  std::string section_;
  Extent extent_;
};

// Empties the paths that it visits.
struct PathEraser {
  template <typename T>
  void operator()(const char*, const T&) const {}
  template <typename T>
  void operator()(const char*, FileKey<T> paths) const {
    paths.value.clear();
  }
};

std::string written(const Recipe& recipe, Extent extent) {
  std::string text;
  visit_sections(recipe, [&](const char* section, auto keys) {
    const KeyWriter writer(text, section, extent);
    if (*section != '\0') writer.header("[", "]");
    keys(writer);
  });
  return text;
}

}  // namespace

std::string recipe_to_toml(const Recipe& recipe) {
  return written(recipe, Extent::kAll);
}

std::string recipe_fingerprint(const Recipe& recipe) {
  Recipe essence = recipe;
  visit_keys(essence.data, PathEraser());
  essence.model.name.clear();
  essence.trainer.checkpoint_interval_seconds = 0.0;
  essence.threads = 0;
  essence.ablate = {};
  essence.leakage = {};
  return sha256_hex(written(essence, Extent::kFingerprint));
}

}  // namespace qamro::training
