#include "qamro/evaluation/noise_ceiling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/evaluation/bootstrap.h"
#include "qamro/evaluation/rated_axis.h"

namespace qamro::evaluation {
namespace {

constexpr std::size_t kMse = 0;  // as kMetricNames
constexpr std::size_t kKtau = 3;

FourSummaries summarised(std::span<const double> values, std::size_t statistics, std::size_t first) {
  FourSummaries summaries;
  for (std::size_t m = 0; m < summaries.size(); ++m) {
    std::vector<double> column = column_of(values, statistics, first + m);
    std::erase_if(column, [](double v) { return std::isnan(v); });
    if (column.empty()) continue;
    const auto n = static_cast<double>(column.size());
    double mean = 0;
    for (const double v : column) mean += v / n;
    double squares = 0;
    for (const double v : column) squares += (v - mean) * (v - mean);
    summaries[m].mean = mean;
    if (n > 1) summaries[m].sd = std::sqrt(squares / (n - 1));
  }
  return summaries;
}

// Summaries over rounds of what `draw` gives, at both levels.
struct Levels {
  FourSummaries utterance;
  FourSummaries system;
};

Levels over_rounds(const RatedAxis& axis, std::string_view purpose, const CeilingOptions& options,
                   const std::function<Pairs(Random&)>& draw) {
  const BootstrapOptions rounds{
      .resamples = options.rounds, .seed = options.seed, .threads = options.threads};
  const auto values = bootstrap_values(8, purpose, rounds, [&](Random& random, std::span<double> out) {
    const Pairs clips = draw(random);
    const auto utterance = numbers_of(four_metrics(clips.prediction, clips.label));
    std::copy(utterance.begin(), utterance.end(), out.begin());
    if (axis.systems() == 0) return;
    const Pairs systems = axis.means_of_systems(clips);
    const auto system = numbers_of(four_metrics(systems.prediction, systems.label));
    std::copy(system.begin(), system.end(), out.begin() + 4);
  });
  return {summarised(values, 8, 0), summarised(values, 8, 4)};
}

Levels single_rater(const RatedAxis& axis) {
  std::vector<double> values;
  for (std::size_t place = 0; place < axis.fewest_raters(); ++place) {
    const Pairs clips = axis.one_against_others(place);
    const auto utterance = numbers_of(four_metrics(clips.prediction, clips.label));
    values.insert(values.end(), utterance.begin(), utterance.end());
    const Pairs systems = axis.means_of_systems(clips);
    const auto system = numbers_of(four_metrics(systems.prediction, systems.label));
    values.insert(values.end(), system.begin(), system.end());
  }
  return {summarised(values, 8, 0), summarised(values, 8, 4)};
}

// To Pearson's correlation and back: Greiner's relation for tau, the identity for the others.
double to_correlation(std::size_t metric, double value) {
  return metric == kKtau ? std::sin(std::numbers::pi * value / 2) : value;
}
double from_correlation(std::size_t metric, double r) {
  return metric == kKtau ? 2 / std::numbers::pi * std::asin(std::clamp(r, -1.0, 1.0)) : r;
}

SplitHalf split_half(const FourSummaries& halves, double factor) {
  SplitHalf result{halves, {}, {}};
  for (std::size_t m = 0; m < halves.size(); ++m) {
    if (!halves[m].mean) continue;
    if (m == kMse) {
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

NoiseCeiling ceiling_of(const JoinedScores& scores, std::size_t axis, const CeilingOptions& options) {
  const RatedAxis rated(scores, axis, options.strata.empty() ? scores.systems : options.strata);
  NoiseCeiling result;
  result.axis = scores.axes[axis];
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

}  // namespace

void CeilingOptions::validate() const {
  constexpr std::int64_t kMost = 1'000'000;
  if (rounds < 1 || rounds > kMost)
    throw InvalidInput(fmt::format("noise ceiling rounds: expected 1 to {}, got {}", kMost, rounds));
  if (threads < 0)
    throw InvalidInput(fmt::format("noise ceiling threads: expected 0 or more, got {}", threads));
}

std::vector<NoiseCeiling> noise_ceilings(const JoinedScores& scores, const CeilingOptions& options) {
  options.validate();
  scores.validate();
  if (scores.raters.empty())
    throw InvalidInput("noise ceiling: expected the ratings of single raters, got their means alone");
  if (!options.strata.empty() && options.strata.size() != scores.clips())
    throw InvalidInput(fmt::format("noise ceiling: expected strata of {} clips, got {}", scores.clips(),
                                   options.strata.size()));
  std::vector<NoiseCeiling> ceilings;
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis)
    ceilings.push_back(ceiling_of(scores, axis, options));
  return ceilings;
}

}  // namespace qamro::evaluation
