#include "qamro/evaluation/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "qamro/core/error.h"
#include "qamro/data/axis_name.h"
#include "qamro/data/published_name.h"

namespace qamro::evaluation {
namespace {

struct Mean {
  double sum = 0;
  double count = 0;

  void add(double value) {
    if (std::isnan(value)) return;
    sum += value;
    count += 1;
  }
  double value() const { return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN(); }
};

std::size_t axis_of(const JoinedScores& train, const std::string& axis) {
  const auto found = std::find_if(train.axes.begin(), train.axes.end(), [&](const std::string& name) {
    return data::short_axis_name(name) == data::short_axis_name(axis);
  });
  if (found == train.axes.end())
    throw InvalidInput(fmt::format("baseline: expected training labels of '{}', got '{}'", axis,
                                   fmt::join(train.axes, "', '")));
  return static_cast<std::size_t>(found - train.axes.begin());
}

std::string identity(const std::string& key) {
  const auto name = data::published_name(key);
  return name && !name->id.empty() ? name->id : key;
}

// A training table that contains evaluated clips would hold the answers.
void check_disjoint(const JoinedScores& scores, const JoinedScores& train) {
  std::unordered_set<std::string> evaluated;
  for (const std::string& key : scores.keys) evaluated.insert(identity(key));
  for (const std::string& key : train.keys)
    if (evaluated.contains(identity(key)))
      throw InvalidInput(fmt::format(
          "baseline: expected training clips other than the evaluated ones, got '{}' in both", key));
}

void check_systems(const JoinedScores& scores, const JoinedScores& train) {
  if (scores.systems.empty() || train.systems.empty())
    throw InvalidInput(
        fmt::format("baseline lookup: expected a system for every clip, got none for the {} ones",
                    scores.systems.empty() ? "evaluated" : "training"));
}

std::vector<double> predictions_of(const JoinedScores& scores, const JoinedScores& train, std::size_t axis,
                                   Baseline baseline) {
  const std::vector<double>& labels = train.labels[axis];
  Mean all;
  std::unordered_map<std::string, Mean> systems;
  for (std::size_t clip = 0; clip < labels.size(); ++clip) {
    all.add(labels[clip]);
    if (baseline == Baseline::kLookup) systems[train.systems[clip]].add(labels[clip]);
  }
  std::vector<double> predictions(scores.clips(), all.value());
  if (baseline == Baseline::kConstant) return predictions;
  for (std::size_t clip = 0; clip < predictions.size(); ++clip) {
    const auto found = systems.find(scores.systems[clip]);
    if (found != systems.end() && found->second.count > 0) predictions[clip] = found->second.value();
  }
  return predictions;
}

}  // namespace

const char* baseline_name(Baseline baseline) {
  return baseline == Baseline::kLookup ? "lookup" : "constant";
}

JoinedScores baseline_scores(const JoinedScores& scores, const JoinedScores& train, Baseline baseline) {
  if (baseline == Baseline::kLookup) check_systems(scores, train);
  check_disjoint(scores, train);
  JoinedScores result = scores;
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis)
    result.predictions[axis] = predictions_of(scores, train, axis_of(train, scores.axes[axis]), baseline);
  return result;
}

}  // namespace qamro::evaluation
