#include "qamro/evaluation/evaluation_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "qamro/core/error.h"

namespace qamro::evaluation {
namespace {

void check_truth(const JoinedScores& scores, const SystemTruth& truth) {
  if (truth.values.size() != scores.axes.size())
    throw InvalidInput(
        fmt::format("system truth: expected {} axes, got {}", scores.axes.size(), truth.values.size()));
  for (const auto& column : truth.values)
    if (column.size() != truth.systems.size())
      throw InvalidInput(fmt::format("system truth: expected {} values per axis, got {}",
                                     truth.systems.size(), column.size()));
}

// One value per system of the layout; NaN if the truth has none.
std::vector<double> truth_of_axis(const statistics::SampleLayout& layout, const SystemTruth& truth,
                                  std::size_t axis) {
  std::unordered_map<std::string, double> value;
  for (std::size_t i = 0; i < truth.systems.size(); ++i)
    value.emplace(truth.systems[i], truth.values[axis][i]);
  std::vector<double> values;
  for (const std::string& name : layout.system_names) {
    const auto found = value.find(name);
    values.push_back(found == value.end() ? std::nan("") : found->second);
  }
  return values;
}

void check_truth_of_axis(const JoinedScores& scores, std::size_t axis, const statistics::SampleLayout& layout,
                         const std::vector<double>& truth) {
  for (std::size_t clip = 0; clip < layout.clips; ++clip)
    if (!std::isnan(scores.labels[axis][clip]) && !std::isnan(scores.predictions[axis][clip]) &&
        !std::isfinite(truth[layout.system[clip]]))
      throw InvalidInput(fmt::format("system truth: expected a value of {} for system '{}', got none",
                                     scores.axes[axis], scores.systems[clip]));
}

std::vector<std::uint32_t> rater_counts(const JoinedScores& scores) {
  std::vector<std::uint32_t> counts;
  if (scores.raters.empty()) return counts;
  counts.resize(scores.clips());
  for (const auto& axis : scores.raters)
    for (std::size_t clip = 0; clip < counts.size(); ++clip)
      counts[clip] = std::max(counts[clip], static_cast<std::uint32_t>(axis[clip].size()));
  return counts;
}

}  // namespace

EvaluationSample::EvaluationSample(const JoinedScores& scores, const std::optional<SystemTruth>& truth,
                                   std::optional<int> decimals) {
  scores.validate();
  if (truth) check_truth(scores, *truth);
  layout_ = statistics::sample_layout(scores.clips(), scores.systems, scores.groups);
  layout_.raters = rater_counts(scores);
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis) {
    statistics::AxisColumn column{scores.predictions[axis], scores.labels[axis], {}, std::nullopt, decimals};
    if (!scores.raters.empty()) column.raters = scores.raters[axis];
    if (truth) {
      column.truth = truth_of_axis(layout_, *truth, axis);
      check_truth_of_axis(scores, axis, layout_, *column.truth);
    }
    axes_.emplace_back(layout_, std::move(column));
  }
}

ResampledMetrics EvaluationSample::resample_metrics(const statistics::ResamplingScheme& scheme,
                                                    std::string_view purpose,
                                                    const statistics::BootstrapOptions& options,
                                                    bool system_level) const {
  return {axes_.size(), resample(scheme, purpose, options, metrics::kMetricCount,
                                 [&](const statistics::AxisResamples& axis, const statistics::Resample& drawn,
                                     statistics::AxisResamples::Scratch& scratch, std::span<double> out) {
                                   metrics::write_row(system_level ? axis.system_metrics(drawn, scratch)
                                                                   : axis.utterance_metrics(drawn, scratch),
                                                      out);
                                 })};
}

std::size_t EvaluationSample::units(std::size_t axis, statistics::ResamplingUnit unit,
                                    bool system_level) const {
  switch (unit) {
    case statistics::ResamplingUnit::kGroups:
      return layout_.groups;
    case statistics::ResamplingUnit::kSystems:
    case statistics::ResamplingUnit::kSystemsAndClips:
      return layout_.systems();
    case statistics::ResamplingUnit::kPoints:
      if (system_level) return layout_.systems();
      break;
    case statistics::ResamplingUnit::kClips:
    case statistics::ResamplingUnit::kNone:
      break;
  }
  return axes_[axis].clips();
}

}  // namespace qamro::evaluation
