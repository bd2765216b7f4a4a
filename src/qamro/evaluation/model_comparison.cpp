#include "qamro/evaluation/model_comparison.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/evaluation/evaluation_sample.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

using metrics::Metric;

// The models as the axes of a joined table, with the clips that all of them score.
JoinedScores as_axes(const ComparisonData& data) {
  JoinedScores scores;
  scores.axes = data.models;
  scores.predictions = data.predictions;
  scores.systems = data.systems;
  scores.groups = data.groups;
  std::vector<double> label = data.label;
  for (const auto& predictions : data.predictions)
    for (std::size_t clip = 0; clip < label.size() && clip < predictions.size(); ++clip)
      if (std::isnan(predictions[clip])) label[clip] = statistics::kUndefined;
  scores.labels.assign(data.models.size(), label);
  return scores;
}

class LevelComparison {
 public:
  LevelComparison(const EvaluationSample& sample, std::size_t reference, bool system_level)
      : sample_(sample), models_(sample.axes().size()), reference_(reference), system_level_(system_level) {}

  std::vector<ComparedLevel> run(const statistics::BootstrapOptions& options) const {
    std::vector<ComparedLevel> levels = estimate();
    if (options.resamples == 0 || sample_.axes().front().clips() < 2) return levels;
    const statistics::ResamplingScheme scheme{
        false, sample_.layout().groups == 0 ? statistics::ClipDraw::kOverall : statistics::ClipDraw::kByGroup,
        false};
    const ResampledMetrics values = sample_.resample_metrics(
        scheme, system_level_ ? "compare_models/system" : "compare_models/utterance", options, system_level_);
    for (std::size_t model = 0; model < models_; ++model)
      for (const Metric metric : metrics::kMetrics)
        add_intervals(values, model, metric, options, levels[model].metrics[metric]);
    return levels;
  }

 private:
  std::vector<ComparedLevel> estimate() const {
    std::vector<ComparedLevel> levels(models_);
    for (std::size_t model = 0; model < models_; ++model) {
      const statistics::Pairs all = sample_.points(model, system_level_);
      auto values = metrics::all_metrics(all.prediction, all.label);
      levels[model].n = all.label.size();
      for (const Metric m : metrics::kMetrics) levels[model].metrics[m].metric = std::move(values[m]);
    }
    for (std::size_t model = 0; model < levels.size(); ++model)
      for (const Metric m : metrics::kMetrics) {
        const auto& other = levels[reference_].metrics[m].metric.value;
        ComparedMetric& metric = levels[model].metrics[m];
        if (model != reference_ && metric.metric.value && other)
          metric.difference = *metric.metric.value - *other;
      }
    return levels;
  }

  void add_intervals(const ResampledMetrics& values, std::size_t model, Metric m,
                     const statistics::BootstrapOptions& options, ComparedMetric& metric) const {
    std::vector<double> own = values.column(model, m);
    const std::size_t groups = sample_.layout().groups;
    if (metric.metric.value)
      metric.bootstrap = statistics::stabilised_interval(own, *metric.metric.value, statistics::scale_of(m),
                                                         groups > 0 ? groups : sample_.axes()[model].clips(),
                                                         options.confidence);
    if (!metric.difference) return;
    const std::vector<double> other = values.column(reference_, m);
    for (std::size_t i = 0; i < own.size(); ++i) own[i] -= other[i];
    metric.difference_bootstrap = statistics::percentile_interval(own, options.confidence);
  }

  const EvaluationSample& sample_;
  std::size_t models_;
  std::size_t reference_;
  bool system_level_;
};

}  // namespace

std::vector<ComparedModel> compare_models(const ComparisonData& data, std::size_t reference,
                                          const statistics::BootstrapOptions& options) {
  options.validate();
  if (reference >= data.models.size())
    throw InvalidInput(
        fmt::format("model comparison: expected a reference below the number of models ({}), got {}",
                    data.models.size(), reference));
  const JoinedScores scores = as_axes(data);
  const EvaluationSample sample(scores, std::nullopt, std::nullopt);
  const auto utterance = LevelComparison(sample, reference, false).run(options);
  std::vector<ComparedLevel> system;
  if (!data.systems.empty()) system = LevelComparison(sample, reference, true).run(options);
  std::vector<ComparedModel> result;
  for (std::size_t model = 0; model < data.models.size(); ++model) {
    result.push_back({data.models[model], utterance[model], std::nullopt});
    if (!system.empty()) result.back().system = system[model];
  }
  return result;
}

}  // namespace qamro::evaluation
