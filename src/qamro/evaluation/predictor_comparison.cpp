#include "qamro/evaluation/predictor_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "qamro/core/error.h"
#include "qamro/evaluation/evaluation_sample.h"
#include "qamro/statistics/paired_permutation.h"
#include "qamro/statistics/significance.h"

namespace qamro::evaluation {
namespace {

using metrics::Metric;

// Both predictors as axes of one table: axis a of the first becomes 2 a, axis a of the second 2 a + 1.
JoinedScores side_by_side(const JoinedScores& first, const std::vector<std::vector<double>>& second) {
  JoinedScores both = first;
  both.axes.clear();
  both.labels.clear();
  both.predictions.clear();
  both.raters.clear();
  for (std::size_t axis = 0; axis < first.axes.size(); ++axis) {
    std::vector<double> label = first.labels[axis];
    for (std::size_t clip = 0; clip < label.size(); ++clip)
      if (std::isnan(first.predictions[axis][clip]) || std::isnan(second[axis][clip]))
        label[clip] = std::numeric_limits<double>::quiet_NaN();
    for (const auto* predictions : {&first.predictions[axis], &second[axis]}) {
      both.axes.push_back(first.axes[axis]);
      both.labels.push_back(label);
      both.predictions.push_back(*predictions);
      if (!first.raters.empty()) both.raters.push_back(first.raters[axis]);
    }
  }
  return both;
}

std::optional<SystemTruth> doubled(const std::optional<SystemTruth>& truth) {
  if (!truth) return std::nullopt;
  SystemTruth both{truth->systems, {}};
  for (const auto& column : truth->values) both.values.insert(both.values.end(), 2, column);
  return both;
}

// Student's t of a difference, whose standard error is the spread of its resamples.
void add_bootstrap(std::vector<double> values, std::size_t units, double confidence,
                   ComparedPredictors& metric) {
  if (!metric.difference || units < 3) return;
  const statistics::BootstrapInterval interval = statistics::stabilised_interval(
      values, *metric.difference, statistics::IntervalScale::kIdentity, units, confidence);
  if (!interval.interval) return;
  metric.interval = interval.interval;
  const auto degrees = static_cast<double>(units - 1);
  const double half = interval.interval->high - *metric.difference;
  const double error = half / statistics::student_t_quantile(confidence, degrees);
  if (!(error > 0)) return;
  metric.error = error;
  metric.p_bootstrap = statistics::student_t_p_value(*metric.difference / error, degrees);
}

class LevelTest {
 public:
  LevelTest(const EvaluationSample& sample, bool system_level, const EvaluationOptions& options,
            std::int64_t permutations)
      : sample_(sample), system_level_(system_level), options_(options), permutations_(permutations) {}

  std::vector<PredictorLevel> run() const {
    const std::size_t series = sample_.axes().size();
    std::optional<ResampledMetrics> values;
    if (options_.bootstrap.resamples > 0 && sample_.layout().clips > 0) values = resampled();
    std::vector<PredictorLevel> levels;
    for (std::size_t axis = 0; axis < series / 2; ++axis) {
      PredictorLevel level = estimate(axis);
      if (values) add_intervals(*values, axis, level);
      add_permutation(axis, level);
      levels.push_back(std::move(level));
    }
    return levels;
  }

 private:
  ResampledMetrics resampled() const {
    const statistics::ResamplingScheme scheme =
        system_level_ ? statistics::system_scheme(options_.unit, options_.raters)
                      : statistics::utterance_scheme(options_.unit, options_.raters);
    return sample_.resample_metrics(scheme, system_level_ ? "compare/system" : "compare/utterance",
                                    options_.bootstrap, system_level_);
  }

  void add_intervals(const ResampledMetrics& values, std::size_t axis, PredictorLevel& level) const {
    for (const Metric metric : metrics::kMetrics) {
      std::vector<double> own = values.column(2 * axis, metric);
      const std::vector<double> other = values.column(2 * axis + 1, metric);
      for (std::size_t i = 0; i < own.size(); ++i) own[i] -= other[i];
      add_bootstrap(std::move(own), sample_.units(2 * axis, options_.unit, system_level_),
                    options_.bootstrap.confidence, level.metrics[metric]);
    }
  }

  statistics::Pairs pairs(std::size_t series) const { return sample_.points(series, system_level_); }

  PredictorLevel estimate(std::size_t axis) const {
    PredictorLevel level;
    const statistics::Pairs first = pairs(2 * axis);
    const statistics::Pairs second = pairs(2 * axis + 1);
    level.n = first.label.size();
    auto ours = metrics::all_metrics(first.prediction, first.label);
    auto theirs = metrics::all_metrics(second.prediction, second.label);
    for (const Metric m : metrics::kMetrics) {
      ComparedPredictors& metric = level.metrics[m];
      if (ours[m].value && theirs[m].value) metric.difference = *ours[m].value - *theirs[m].value;
      metric.first = std::move(ours[m]);
      metric.second = std::move(theirs[m]);
    }
    return level;
  }

  void add_permutation(std::size_t axis, PredictorLevel& level) const {
    level.units = level.n;
    if (permutations_ == 0 || level.n < 2) return;
    statistics::Pairs first = pairs(2 * axis);
    statistics::TwoPredictions data{
        std::move(first.prediction), pairs(2 * axis + 1).prediction, std::move(first.label), {}, 0};
    set_units(axis, data);
    level.units = std::set(data.unit.begin(), data.unit.end()).size();
    const auto p_values = statistics::paired_permutation(
        data, {permutations_, options_.bootstrap.seed, options_.bootstrap.threads});
    for (const Metric m : metrics::kMetrics)
      if (level.metrics[m].difference) level.metrics[m].p_permutation = p_values[m];
  }

  // Each point is a unit. At the utterance level, a system or group that is drawn whole is one unit.
  void set_units(std::size_t axis, statistics::TwoPredictions& data) const {
    const statistics::SampleLayout& layout = sample_.layout();
    const std::vector<std::uint32_t>* unit = nullptr;
    if (!system_level_ && options_.unit == statistics::ResamplingUnit::kGroups) unit = &layout.group;
    if (!system_level_ && (options_.unit == statistics::ResamplingUnit::kSystems ||
                           options_.unit == statistics::ResamplingUnit::kSystemsAndClips))
      unit = &layout.system;
    data.unit.resize(data.label.size());
    std::iota(data.unit.begin(), data.unit.end(), 0U);
    data.units = static_cast<std::uint32_t>(data.unit.size());
    if (unit == nullptr) return;
    data.unit.clear();
    for (std::size_t clip = 0; clip < layout.clips; ++clip)
      if (sample_.axes()[2 * axis].has_clip(clip)) data.unit.push_back((*unit)[clip]);
    data.units = 1 + *std::max_element(data.unit.begin(), data.unit.end());
  }

  const EvaluationSample& sample_;
  bool system_level_;
  const EvaluationOptions& options_;
  std::int64_t permutations_;
};

}  // namespace

std::vector<PredictorComparison> compare_predictors(const JoinedScores& first,
                                                    const std::vector<std::vector<double>>& second,
                                                    const EvaluationOptions& options,
                                                    std::int64_t permutations) {
  options.bootstrap.validate();
  check_evaluation(first, options);
  if (second.size() != first.axes.size())
    throw InvalidInput(fmt::format("comparing predictors: expected scores of {} axes, got {}",
                                   first.axes.size(), second.size()));
  for (const auto& axis : second)
    if (axis.size() != first.clips())
      throw InvalidInput(fmt::format("comparing predictors: expected scores of {} clips, got {}",
                                     first.clips(), axis.size()));
  const JoinedScores both = side_by_side(first, second);
  const EvaluationSample sample(both, options.system_level ? doubled(options.system_truth) : std::nullopt,
                                options.decimals);
  std::vector<PredictorComparison> result;
  for (const std::string& axis : first.axes) result.push_back({axis, std::nullopt, std::nullopt});
  const auto set = [&](bool system_level, std::optional<PredictorLevel> PredictorComparison::*member) {
    auto levels = LevelTest(sample, system_level, options, permutations).run();
    for (std::size_t axis = 0; axis < levels.size(); ++axis) result[axis].*member = std::move(levels[axis]);
  };
  if (options.utterance_level) set(false, &PredictorComparison::utterance);
  if (options.system_level) set(true, &PredictorComparison::system);
  return result;
}

}  // namespace qamro::evaluation
