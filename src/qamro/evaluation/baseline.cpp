#include "qamro/evaluation/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>

#include "qamro/core/error.h"
#include "qamro/data/axis_name.h"
#include "qamro/data/published_name.h"
#include "qamro/statistics/label_means.h"

namespace qamro::evaluation {
namespace {

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
  const bool looks_up = baseline == Baseline::kLookup;
  const std::vector<std::string> no_systems(looks_up ? 0 : train.clips());
  const statistics::LabelMeans means(train.labels[axis], looks_up ? train.systems : no_systems);
  std::vector<double> predictions(scores.clips(), means.of_all());
  for (std::size_t clip = 0; looks_up && clip < predictions.size(); ++clip)
    predictions[clip] = means.of_system(scores.systems[clip]);
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
