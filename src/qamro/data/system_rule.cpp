#include "qamro/data/system_rule.h"

#include "qamro/core/error.h"

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

}  // namespace qamro::data
