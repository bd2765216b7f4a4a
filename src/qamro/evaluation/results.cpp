#include "qamro/evaluation/results.h"

#include <algorithm>

namespace qamro::evaluation {
namespace {

template <typename Value>
std::vector<Value> some(const std::vector<Value>& all, const std::vector<bool>& wanted) {
  std::vector<Value> result;
  for (std::size_t i = 0; i < all.size(); ++i)  // an absent list stays empty
    if (wanted[i]) result.push_back(all[i]);
  return result;
}

}  // namespace

JoinedScores some_clips(const JoinedScores& scores, const std::vector<bool>& wanted) {
  JoinedScores result;
  result.axes = scores.axes;
  for (const auto& axis : scores.labels) result.labels.push_back(some(axis, wanted));
  for (const auto& axis : scores.predictions) result.predictions.push_back(some(axis, wanted));
  for (const auto& axis : scores.raters) result.raters.push_back(some(axis, wanted));
  result.systems = some(scores.systems, wanted);
  result.groups = some(scores.groups, wanted);
  result.parts = some(scores.parts, wanted);
  result.keys = some(scores.keys, wanted);
  return result;
}

std::vector<NamedEvaluation> evaluate_parts(const JoinedScores& scores, const EvaluationOptions& options) {
  std::vector<std::string> names;
  for (const std::string& part : scores.parts)
    if (std::find(names.begin(), names.end(), part) == names.end()) names.push_back(part);
  std::vector<NamedEvaluation> parts;
  for (const std::string& name : names) {
    std::vector<bool> wanted;
    for (const std::string& part : scores.parts) wanted.push_back(part == name);
    parts.push_back({name, evaluate(some_clips(scores, wanted), options)});
  }
  return parts;
}

}  // namespace qamro::evaluation
