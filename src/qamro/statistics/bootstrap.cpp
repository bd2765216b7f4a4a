#include "qamro/statistics/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/statistics/significance.h"

namespace qamro::statistics {
namespace {

double quantile(const std::vector<double>& sorted, double probability) {
  const double position = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  if (sorted[below] == sorted[above]) return sorted[below];  // also when both are infinite
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

constexpr double kOneSigma = 0.8413447460685429;  // share of a normal distribution below mean + 1 sigma

double to_scale(double value, IntervalScale scale) {
  switch (scale) {
    case IntervalScale::kLogarithm:
      return std::log(value);
    case IntervalScale::kFisherZ:
    case IntervalScale::kFisherZOfRanks:
      return std::atanh(value);
    case IntervalScale::kIdentity:
      break;
  }
  return value;
}

double from_scale(double value, IntervalScale scale) {
  switch (scale) {
    case IntervalScale::kLogarithm:
      return std::exp(value);
    case IntervalScale::kFisherZ:
    case IntervalScale::kFisherZOfRanks:
      return std::tanh(value);
    case IntervalScale::kIdentity:
      break;
  }
  return value;
}

// Half the width of the interval, in standard deviations of the resampled values.
double quantiles_wide(IntervalScale scale, std::size_t units, double confidence) {
  const auto n = static_cast<double>(units);
  if (scale == IntervalScale::kFisherZOfRanks)
    return student_t_quantile(confidence, std::numeric_limits<double>::infinity());
  return student_t_quantile(confidence, n - 1) * std::sqrt(n / (n - 1));
}

}  // namespace

IntervalScale scale_of(metrics::Metric metric) {
  switch (metric) {
    case metrics::Metric::mse:
      return IntervalScale::kLogarithm;
    case metrics::Metric::lcc:
      return IntervalScale::kFisherZ;
    case metrics::Metric::srcc:
    case metrics::Metric::ktau:
      break;
  }
  return IntervalScale::kFisherZOfRanks;
}

void BootstrapOptions::validate() const {
  if (resamples < 0 || resamples > kMaxResamples)
    throw InvalidInput(
        fmt::format("bootstrap resamples: expected 0 to {}, got {}", kMaxResamples, resamples));
  if (!(confidence > 0 && confidence < 1))
    throw InvalidInput(
        fmt::format("bootstrap confidence: expected a number between 0 and 1, got {}", confidence));
  if (threads < 0) throw InvalidInput(fmt::format("bootstrap threads: expected 0 or more, got {}", threads));
}

std::vector<double> bootstrap_values(std::size_t statistics, std::string_view purpose,
                                     const BootstrapOptions& options, const ResampledStatistics& resample) {
  options.validate();
  const auto resamples = static_cast<std::size_t>(options.resamples);
  std::vector<double> drawn(resamples * statistics, std::numeric_limits<double>::quiet_NaN());
  for_each_job(options.resamples, options.threads, [&](std::int64_t i) {
    const auto index = static_cast<std::uint64_t>(i);
    Random random(derive_seed(options.seed, purpose, index));
    resample(random, std::span(drawn).subspan(index * statistics, statistics));
  });
  return drawn;
}

std::vector<double> column_of(std::span<const double> values, std::size_t statistics, std::size_t statistic) {
  std::vector<double> column;
  column.reserve(values.size() / statistics);
  for (std::size_t i = statistic; i < values.size(); i += statistics) column.push_back(values[i]);
  return column;
}

BootstrapInterval percentile_interval(std::span<const double> values, double confidence) {
  std::vector<double> sorted;
  sorted.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double v) { return !std::isnan(v); });
  BootstrapInterval result;
  result.dropped = static_cast<std::int64_t>(values.size() - sorted.size());
  if (sorted.empty()) return result;
  std::sort(sorted.begin(), sorted.end());
  result.interval = Interval{quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)};
  return result;
}

BootstrapInterval stabilised_interval(std::span<const double> values, double estimate, IntervalScale scale,
                                      std::size_t units, double confidence) {
  BootstrapInterval result = percentile_interval(values, confidence);
  if (!result.interval || units < 3) return result;
  std::vector<double> sorted;
  for (const double value : values)
    if (!std::isnan(value)) sorted.push_back(to_scale(value, scale));
  std::sort(sorted.begin(), sorted.end());
  // Half the width of the middle 68 %, which is the standard deviation of a normal distribution.
  const double spread = (quantile(sorted, kOneSigma) - quantile(sorted, 1 - kOneSigma)) / 2;
  const double center = to_scale(estimate, scale);
  if (!std::isfinite(center) || !std::isfinite(spread)) return result;
  const double half = quantiles_wide(scale, units, confidence) * spread;
  result.interval = Interval{from_scale(center - half, scale), from_scale(center + half, scale)};
  return result;
}

}  // namespace qamro::statistics
