#include "qamro/data/system_rule.h"

#include <filesystem>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/data/published_name.h"

namespace qamro::data {

SystemRule::SystemRule(const std::string& rule)
    : kind_(rule == "folder"   ? Kind::kFolder
            : rule == "prefix" ? Kind::kPrefix
                               : Kind::kExpression) {
  if (rule.empty())
    throw InvalidInput("system rule: expected folder, prefix or a regular expression, got nothing");
  if (kind_ == Kind::kExpression)
    expression_.emplace("system rule (--system)", rule, "folder, prefix or a regular expression");
}

std::optional<std::string> SystemRule::find(const std::filesystem::path& path) const {
  std::string system;
  if (kind_ == Kind::kFolder) {
    system = std::filesystem::absolute(path).lexically_normal().parent_path().filename().string();
  } else if (kind_ == Kind::kPrefix) {
    const std::string name = path.filename().string();
    if (const auto end = name.find('_'); end != std::string::npos) system = name.substr(0, end);
  } else {
    system = expression_->find(path.string()).value_or("");
  }
  if (system.empty()) return std::nullopt;
  return system;
}

namespace {

// "<id>_30000_40000" without the two times at its end; an id may itself contain '_'.
std::string without_times(std::string name) {
  for (int i = 0; i < 2; ++i) {
    const std::size_t bar = name.rfind('_');
    if (bar == std::string::npos || bar == 0) return "";
    if (name.find_first_not_of("0123456789", bar + 1) != std::string::npos || bar + 1 == name.size())
      return "";
    name.erase(bar);
  }
  return name;
}

}  // namespace

std::string source_recording(std::string_view path) {
  const auto name = published_name(path);
  if (!name || name->source.empty()) return "";
  std::vector<std::string> parts;
  for (const auto& part : std::filesystem::path(name->id)) parts.push_back(part.string());
  const std::string stem = std::filesystem::path(parts.back()).stem().string();
  if (name->source == "MUSDB18" && parts.size() == 4) return "MUSDB18/" + parts[2];
  if (name->source == "LibriTTS" && parts.size() == 5) return "LibriTTS/" + parts[2] + "/" + parts[3];
  if (name->source == "musiccaps" && parts.size() == 2) return "YouTube/" + stem;
  if (name->source != "unbalanced_train_segments" || parts.size() < 2) return "";
  const std::string id = without_times(stem);
  return id.empty() ? "" : "YouTube/" + id;
}

}  // namespace qamro::data
