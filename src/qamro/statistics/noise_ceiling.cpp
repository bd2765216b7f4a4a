#include "qamro/statistics/noise_ceiling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/statistics/bootstrap.h"

namespace qamro::statistics {
namespace {

using metrics::kMetricCount;
using metrics::Metric;

MetricSummaries summarised(std::span<const double> values, std::size_t statistics, std::size_t first) {
  MetricSummaries summaries;
  for (const Metric metric : metrics::kMetrics) {
    std::vector<double> column = column_of(values, statistics, first + metrics::index_of(metric));
    std::erase_if(column, [](double v) { return std::isnan(v); });
    if (column.empty()) continue;
    const auto n = static_cast<double>(column.size());
    double mean = 0;
    for (const double v : column) mean += v / n;
    double squares = 0;
    for (const double v : column) squares += (v - mean) * (v - mean);
    summaries[metric].mean = mean;
    if (n > 1) summaries[metric].sd = std::sqrt(squares / (n - 1));
  }
  return summaries;
}

// Summaries over rounds of what `draw` gives, at both levels.
struct Levels {
  MetricSummaries utterance;
  MetricSummaries system;
};

// values: [round][level][metric]
Levels levels_of(std::span<const double> values) {
  return {summarised(values, 2 * kMetricCount, 0), summarised(values, 2 * kMetricCount, kMetricCount)};
}

void write_metrics(const Pairs& pairs, std::span<double> row) {
  metrics::write_row(metrics::numbers_of(metrics::all_metrics(pairs.prediction, pairs.label)), row);
}

Levels over_rounds(const RatedAxis& axis, std::string_view purpose, const CeilingOptions& options,
                   const std::function<Pairs(Random&)>& draw) {
  const BootstrapOptions rounds{
      .resamples = options.rounds, .seed = options.seed, .threads = options.threads};
  const auto values =
      bootstrap_values(2 * kMetricCount, purpose, rounds, [&](Random& random, std::span<double> out) {
        const Pairs clips = draw(random);
        write_metrics(clips, out.first(kMetricCount));
        if (axis.systems() > 0) write_metrics(axis.means_of_systems(clips), out.subspan(kMetricCount));
      });
  return levels_of(values);
}

Levels single_rater(const RatedAxis& axis) {
  std::vector<double> values;
  for (std::size_t place = 0; place < axis.fewest_raters(); ++place) {
    const Pairs clips = axis.one_against_others(place);
    values.resize(values.size() + 2 * kMetricCount);
    const auto row = std::span(values).last(2 * kMetricCount);
    write_metrics(clips, row.first(kMetricCount));
    write_metrics(axis.means_of_systems(clips), row.subspan(kMetricCount));
  }
  return levels_of(values);
}

// To Pearson's correlation and back: Greiner's relation for tau, the identity for the others.
double to_correlation(Metric metric, double value) {
  return metric == Metric::ktau ? std::sin(std::numbers::pi * value / 2) : value;
}
double from_correlation(Metric metric, double r) {
  return metric == Metric::ktau ? 2 / std::numbers::pi * std::asin(std::clamp(r, -1.0, 1.0)) : r;
}

SplitHalf split_half(const MetricSummaries& halves, double factor) {
  SplitHalf result{halves, {}, {}};
  for (const Metric m : metrics::kMetrics) {
    if (!halves[m].mean) continue;
    if (m == Metric::mse) {
      result.panels[m] = *halves[m].mean / factor;
      result.ideal[m] = *result.panels[m] / 2;
      continue;
    }
    const double half = to_correlation(m, *halves[m].mean);
    const double divisor = 1 + (factor - 1) * half;
    if (!(divisor > 0)) continue;  // halves that contradict each other
    const double panels = factor * half / divisor;
    result.panels[m] = from_correlation(m, panels);
    if (panels >= 0) result.ideal[m] = from_correlation(m, std::sqrt(panels));
  }
  return result;
}

void check(const RatedClips& clips) {
  for (const auto names : {clips.systems, clips.strata})
    if (!names.empty() && names.size() != clips.raters.size())
      throw InvalidInput(fmt::format("noise ceiling: expected systems and strata of {} clips, got {}",
                                     clips.raters.size(), names.size()));
}

}  // namespace

void CeilingOptions::validate() const {
  constexpr std::int64_t kMax = 1'000'000;
  if (rounds < 1 || rounds > kMax)
    throw InvalidInput(fmt::format("noise ceiling rounds: expected 1 to {}, got {}", kMax, rounds));
  if (threads < 0)
    throw InvalidInput(fmt::format("noise ceiling threads: expected 0 or more, got {}", threads));
}

NoiseCeiling noise_ceiling(const std::string& axis, const RatedClips& clips, const CeilingOptions& options) {
  options.validate();
  check(clips);
  const RatedAxis rated(clips);
  NoiseCeiling result;
  result.axis = axis;
  result.clips = rated.clips();
  result.left_out = rated.left_out();
  if (rated.clips() < 2) return result;
  result.raters = rated.mean_raters();
  result.icc_single = rated.icc(false);
  result.icc_panel = rated.icc(true);
  result.column_mean_variance_ratio = rated.column_mean_variance_ratio();
  result.reliability_within = rated.reliability_within();
  result.reliability_between = rated.reliability_between();

  const auto purpose = [&](const char* what) {
    return fmt::format("noise_ceiling/{}/{}", what, result.axis);
  };
  const Levels each = over_rounds(rated, purpose("split_each_clip"), options,
                                  [&](Random& random) { return rated.split_each_clip(random); });
  const Levels ideal = over_rounds(rated, purpose("ideal"), options,
                                   [&](Random& random) { return rated.simulated_labels(random); });
  const Levels single = single_rater(rated);
  const double factor = rated.panel_over_half();
  result.utterance = LevelCeiling{rated.clips(), split_half(each.utterance, factor), std::nullopt,
                                  ideal.utterance, single.utterance};
  if (rated.systems() > 0)
    result.system = LevelCeiling{rated.systems(), split_half(each.system, factor), std::nullopt, ideal.system,
                                 single.system};
  if (rated.is_rectangular()) {
    const Levels columns = over_rounds(rated, purpose("split_columns"), options,
                                       [&](Random& random) { return rated.split_columns(random); });
    result.utterance->split_columns = split_half(columns.utterance, factor);
    if (result.system) result.system->split_columns = split_half(columns.system, factor);
  }
  return result;
}

}  // namespace qamro::statistics
