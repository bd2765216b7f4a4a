#pragma once

#include <filesystem>
#include <optional>
#include <regex>
#include <string>

namespace qamro::data {

// How to tell a clip's system from its path:
//   "folder"   name of the folder it lies in
//   "prefix"   file name up to the first '_', as in MusicEval ("S001_P012.wav": "S001"); none if there is no
//   '_' other      regular expression (ECMAScript), searched in the path: its first group, or the whole match
//   without one
class SystemRule {
 public:
  // Throws InvalidInput: empty, or no regular expression.
  explicit SystemRule(const std::string& rule);

  // Nothing where the rule does not fit or finds an empty name. Throws InvalidInput where the expression is
  // too complex for the path.
  std::optional<std::string> find(const std::filesystem::path& path) const;

 private:
  enum class Kind { kFolder, kPrefix, kExpression };

  std::string rule_;
  Kind kind_;
  std::regex expression_;
};

}  // namespace qamro::data
