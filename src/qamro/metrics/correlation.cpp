#include "qamro/metrics/correlation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>

#include "qamro/losses/midranks.h"
#include "qamro/metrics/paired_input.h"

namespace qamro::metrics {
namespace {

using Values = std::span<const double>;

// Deviations from the mean, divided by the largest of them so that squares neither overflow nor vanish.
// Differences from the first value come first: a common offset then costs no digits.
std::vector<double> scaled_deviations(Values values) {
  const auto n = static_cast<double>(values.size());
  std::vector<double> deviations(values.size());
  std::transform(values.begin(), values.end(), deviations.begin(), [&](double v) { return v - values[0]; });
  for (int pass = 0; pass < 2; ++pass) {  // the second takes away the first one's rounding
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

std::int64_t pairs_of(std::int64_t n) {
  return n * (n - 1) / 2;
}

// Pairs within runs of equal neighbours.
template <typename Equal>
std::int64_t tied_pairs(std::size_t n, Equal equal) {
  std::int64_t pairs = 0;
  std::int64_t run = 1;
  for (std::size_t i = 1; i < n; ++i) {
    run = equal(i - 1, i) ? run + 1 : 1;
    pairs += run - 1;
  }
  return pairs;
}

// Sorts `values` and returns how many pairs stood in strictly descending order.
std::int64_t sort_and_count_descents(std::vector<double>& values) {
  std::int64_t descents = 0;
  const std::size_t n = values.size();
  std::vector<double> merged(n);
  for (std::size_t width = 1; width < n; width *= 2) {
    for (std::size_t start = 0; start < n; start += 2 * width) {
      const std::size_t middle = std::min(start + width, n);
      const std::size_t end = std::min(start + 2 * width, n);
      std::size_t left = start;
      std::size_t right = middle;
      for (std::size_t out = start; out < end; ++out) {
        const bool take_left = left < middle && (right == end || values[left] <= values[right]);
        if (!take_left) descents += static_cast<std::int64_t>(middle - left);
        merged[out] = take_left ? values[left++] : values[right++];
      }
    }
    values.swap(merged);
  }
  return descents;
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
  const std::size_t n = label.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return prediction[a] != prediction[b] ? prediction[a] < prediction[b] : label[a] < label[b];
  });
  std::vector<double> labels(n);
  for (std::size_t i = 0; i < n; ++i) labels[i] = label[order[i]];

  const auto same_prediction = [&](std::size_t a, std::size_t b) {
    return prediction[order[a]] == prediction[order[b]];
  };
  const std::int64_t prediction_ties = tied_pairs(n, same_prediction);
  const std::int64_t joint_ties = tied_pairs(
      n, [&](std::size_t a, std::size_t b) { return same_prediction(a, b) && labels[a] == labels[b]; });
  const std::int64_t discordant = sort_and_count_descents(labels);
  const std::int64_t label_ties =
      tied_pairs(n, [&](std::size_t a, std::size_t b) { return labels[a] == labels[b]; });

  const std::int64_t all = pairs_of(static_cast<std::int64_t>(n));
  const auto lead = static_cast<double>(all - prediction_ties - label_ties + joint_ties - 2 * discordant);
  const double scale =
      std::sqrt(static_cast<double>(all - prediction_ties) * static_cast<double>(all - label_ties));
  return MetricValue::of(std::clamp(lead / scale, -1.0, 1.0));
}

std::vector<double> average_ranks(Values values) {
  return losses::midranks(values);
}

}  // namespace qamro::metrics
