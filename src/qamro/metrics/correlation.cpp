#include "qamro/metrics/correlation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>

#include "qamro/core/error.h"
#include "qamro/losses/argsort.h"
#include "qamro/metrics/weighted_ranks.h"

namespace qamro::metrics {
namespace {

using Values = std::span<const double>;

void check_finite(const char* metric, const char* name, Values values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw InvalidInput(
          fmt::format("{}: {}: expected finite values, got {} at [{}]", metric, name, values[i], i));
}

// Throws InvalidInput, which names the metric, unless both have the same length and only finite values.
void check_paired(const char* metric, Values prediction, Values label) {
  if (prediction.size() != label.size())
    throw InvalidInput(fmt::format("{}: expected as many predictions as labels ({}), got {}", metric,
                                   label.size(), prediction.size()));
  check_finite(metric, "prediction", prediction);
  check_finite(metric, "label", label);
}

// Deviations from the mean, divided by the largest of them so that squares neither overflow nor vanish. The
// first value is subtracted first, so that a common offset costs no digits.
std::vector<double> scaled_deviations(Values values) {
  const auto n = static_cast<double>(values.size());
  std::vector<double> deviations(values.size());
  std::transform(values.begin(), values.end(), deviations.begin(), [&](double v) { return v - values[0]; });
  for (int pass = 0; pass < 2; ++pass) {  // the second pass removes the first one's rounding error
    const double mean = std::accumulate(deviations.begin(), deviations.end(), 0.0) / n;
    for (double& d : deviations) d -= mean;
  }
  double largest = 0;
  for (const double d : deviations) largest = std::max(largest, std::abs(d));
  for (double& d : deviations) d /= largest;
  return deviations;
}

double pearson(Values x, Values y) {
  const std::vector<double> dx = scaled_deviations(x);
  const std::vector<double> dy = scaled_deviations(y);
  const double xy = std::inner_product(dx.begin(), dx.end(), dy.begin(), 0.0);
  const double xx = std::inner_product(dx.begin(), dx.end(), dx.begin(), 0.0);
  const double yy = std::inner_product(dy.begin(), dy.end(), dy.begin(), 0.0);
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

std::optional<MetricValue> no_correlation(Values prediction, Values label) {
  if (prediction.size() < 2) return MetricValue::undefined("fewer than 2 values");
  const auto constant = [](Values values) {
    return std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
  };
  if (constant(label)) return MetricValue::undefined("the labels are constant");
  if (constant(prediction)) return MetricValue::undefined("the predictions are constant");
  return std::nullopt;
}

MetricValue defined(double number) {
  return std::isfinite(number) ? MetricValue::of(number) : MetricValue::undefined("the values are too large");
}

}  // namespace

MetricValue mse(Values prediction, Values label) {
  check_paired("mse", prediction, label);
  if (prediction.empty()) return MetricValue::undefined("no values");
  double sum = 0;
  for (std::size_t i = 0; i < label.size(); ++i)
    sum += (prediction[i] - label[i]) * (prediction[i] - label[i]);
  return defined(sum / static_cast<double>(label.size()));
}

MetricValue lcc(Values prediction, Values label) {
  check_paired("lcc", prediction, label);
  if (auto undefined = no_correlation(prediction, label)) return *undefined;
  return defined(pearson(prediction, label));
}

MetricValue srcc(Values prediction, Values label) {
  check_paired("srcc", prediction, label);
  if (auto undefined = no_correlation(prediction, label)) return *undefined;
  return defined(pearson(average_ranks(prediction), average_ranks(label)));
}

MetricValue ktau(Values prediction, Values label) {
  check_paired("ktau", prediction, label);
  if (auto undefined = no_correlation(prediction, label)) return *undefined;
  const SortedOrder order(prediction);
  const Levels levels(label);
  std::vector<std::uint32_t> level;
  level.reserve(order.order.size());
  for (const std::uint32_t i : order.order) level.push_back(levels.level[i]);
  const std::vector<std::uint32_t> once(level.size(), 1);
  RankScratch scratch;
  return weighted_rank_metrics({order.group_ends, level, levels.count, once}, scratch).ktau;
}

std::vector<double> average_ranks(Values values) {
  return losses::midranks(values);
}

}  // namespace qamro::metrics
