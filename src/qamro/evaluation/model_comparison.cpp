#include "qamro/evaluation/model_comparison.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/evaluation/axis_sample.h"
#include "qamro/metrics/correlation.h"

namespace qamro::evaluation {
namespace {

using Counts = std::vector<std::uint32_t>;
using FourMetrics = std::array<metrics::MetricValue, 4>;

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

FourMetrics four_metrics(const Pairs& pairs) {
  return {metrics::mse(pairs.prediction, pairs.label), metrics::lcc(pairs.prediction, pairs.label),
          metrics::srcc(pairs.prediction, pairs.label), metrics::ktau(pairs.prediction, pairs.label)};
}

// The models as the axes of a joined table, with the clips that all of them score.
std::vector<AxisSample> make_samples(const ComparisonData& data) {
  JoinedScores scores;
  scores.axes = data.models;
  scores.predictions = data.predictions;
  scores.systems = data.systems;
  scores.groups = data.groups;
  std::vector<double> label = data.label;
  for (const auto& predictions : data.predictions)
    for (std::size_t clip = 0; clip < label.size() && clip < predictions.size(); ++clip)
      if (std::isnan(predictions[clip])) label[clip] = kUndefined;
  scores.labels.assign(data.models.size(), label);
  scores.validate();
  std::vector<AxisSample> samples;
  for (std::size_t model = 0; model < data.models.size(); ++model)
    samples.push_back(axis_sample(scores, model, std::nullopt));
  return samples;
}

Counts draw_clips(const AxisSample& sample, Random& random) {
  if (sample.group.empty()) return draw_counts(sample.clips(), random);
  const Counts drawn = draw_counts(sample.groups, random);
  Counts counts(sample.clips());
  for (std::size_t clip = 0; clip < counts.size(); ++clip) counts[clip] = drawn[sample.group[clip]];
  return counts;
}

class LevelComparison {
 public:
  LevelComparison(const std::vector<AxisSample>& samples, std::size_t reference, bool system_level)
      : samples_(samples), reference_(reference), system_level_(system_level) {}

  std::vector<ComparedLevel> run(const BootstrapOptions& options) const {
    std::vector<ComparedLevel> levels = estimate();
    if (options.resamples == 0 || samples_.front().clips() < 2) return levels;
    // Each model's metrics and then each model's differences.
    const std::size_t numbers = 4 * samples_.size();
    const auto intervals =
        bootstrap(2 * numbers, system_level_ ? "compare_models/system" : "compare_models/utterance", options,
                  [&](Random& random, std::span<double> statistics) { resample(random, statistics); });
    for (std::size_t i = 0; i < numbers; ++i) {
      ComparedMetric& metric = levels[i / 4].metrics[i % 4];
      if (metric.metric.value) metric.bootstrap = intervals[i];
      if (metric.difference) metric.difference_bootstrap = intervals[numbers + i];
    }
    return levels;
  }

 private:
  Pairs pairs(const AxisSample& sample, const Counts& counts) const {
    if (!system_level_) return clip_pairs(sample, counts);
    return system_pairs(sample, counts, Counts(sample.system_names.size(), 1), std::nullopt);
  }

  std::vector<ComparedLevel> estimate() const {
    std::vector<ComparedLevel> levels(samples_.size());
    for (std::size_t model = 0; model < samples_.size(); ++model) {
      const Pairs all = pairs(samples_[model], Counts(samples_[model].clips(), 1));
      FourMetrics values = four_metrics(all);
      levels[model].n = all.label.size();
      for (std::size_t m = 0; m < 4; ++m) levels[model].metrics[m].metric = std::move(values[m]);
    }
    for (std::size_t model = 0; model < levels.size(); ++model)
      for (std::size_t m = 0; m < 4; ++m) {
        const auto& other = levels[reference_].metrics[m].metric.value;
        ComparedMetric& metric = levels[model].metrics[m];
        if (model != reference_ && metric.metric.value && other)
          metric.difference = *metric.metric.value - *other;
      }
    return levels;
  }

  void resample(Random& random, std::span<double> statistics) const {
    const Counts counts = draw_clips(samples_.front(), random);
    const std::size_t numbers = 4 * samples_.size();
    for (std::size_t model = 0; model < samples_.size(); ++model) {
      const FourMetrics values = four_metrics(pairs(samples_[model], counts));
      for (std::size_t m = 0; m < 4; ++m) statistics[4 * model + m] = values[m].value.value_or(kUndefined);
    }
    for (std::size_t i = 0; i < numbers; ++i)
      statistics[numbers + i] = statistics[i] - statistics[4 * reference_ + i % 4];
  }

  const std::vector<AxisSample>& samples_;
  std::size_t reference_;
  bool system_level_;
};

}  // namespace

bool ComparedMetric::is_beyond_chance() const {
  return difference_bootstrap.interval && !difference_bootstrap.interval->contains(0.0);
}

std::vector<ComparedModel> compare_models(const ComparisonData& data, std::size_t reference,
                                          const BootstrapOptions& options) {
  options.validate();
  if (reference >= data.models.size())
    throw InvalidInput(
        fmt::format("model comparison: expected a reference below the number of models ({}), got {}",
                    data.models.size(), reference));
  const std::vector<AxisSample> samples = make_samples(data);
  const auto utterance = LevelComparison(samples, reference, false).run(options);
  std::vector<ComparedLevel> system;
  if (!data.systems.empty()) system = LevelComparison(samples, reference, true).run(options);
  std::vector<ComparedModel> result;
  for (std::size_t model = 0; model < data.models.size(); ++model) {
    result.push_back({data.models[model], utterance[model], std::nullopt});
    if (!system.empty()) result.back().system = system[model];
  }
  return result;
}

}  // namespace qamro::evaluation
