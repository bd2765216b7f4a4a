#include "qamro/data/system_rule.h"

#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::data {

SystemRule::SystemRule(const std::string& rule)
    : rule_(rule),
      kind_(rule == "folder"   ? Kind::kFolder
            : rule == "prefix" ? Kind::kPrefix
                               : Kind::kExpression) {
  if (rule.empty())
    throw InvalidInput("system rule: expected folder, prefix or a regular expression, got nothing");
  if (kind_ != Kind::kExpression) return;
  try {
    expression_ = std::regex(rule);
  } catch (const std::regex_error& error) {
    throw InvalidInput(fmt::format(
        "system rule: expected folder, prefix or a regular expression, got '{}' ({})", rule, error.what()));
  }
}

std::optional<std::string> SystemRule::find(const std::filesystem::path& path) const {
  std::string system;
  if (kind_ == Kind::kFolder) {
    system = std::filesystem::absolute(path).lexically_normal().parent_path().filename().string();
  } else if (kind_ == Kind::kPrefix) {
    const std::string name = path.filename().string();
    if (const auto end = name.find('_'); end != std::string::npos) system = name.substr(0, end);
  } else {
    const std::string text = path.string();
    std::smatch match;
    try {
      if (std::regex_search(text, match, expression_))
        system = match.size() > 1 ? match[1].str() : match[0].str();
    } catch (const std::regex_error& error) {
      throw InvalidInput(fmt::format("system rule: '{}' on '{}': {}", rule_, text, error.what()));
    }
  }
  if (system.empty()) return std::nullopt;
  return system;
}

}  // namespace qamro::data
