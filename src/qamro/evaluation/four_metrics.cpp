#include "qamro/evaluation/four_metrics.h"

#include <limits>

#include "qamro/metrics/correlation.h"

namespace qamro::evaluation {

FourMetrics four_metrics(std::span<const double> prediction, std::span<const double> label) {
  return {metrics::mse(prediction, label), metrics::lcc(prediction, label), metrics::srcc(prediction, label),
          metrics::ktau(prediction, label)};
}

std::array<double, 4> numbers_of(const FourMetrics& metrics) {
  std::array<double, 4> numbers{};
  for (std::size_t m = 0; m < numbers.size(); ++m)
    numbers[m] = metrics[m].value.value_or(std::numeric_limits<double>::quiet_NaN());
  return numbers;
}

BootstrapInterval stabilised_metric_interval(std::size_t metric, double estimate,
                                             std::span<const double> values, std::size_t units,
                                             double confidence) {
  constexpr std::array<IntervalScale, 4> kScales = {IntervalScale::kLogarithm, IntervalScale::kFisherZ,
                                                    IntervalScale::kFisherZOfRanks,
                                                    IntervalScale::kFisherZOfRanks};  // as kMetricNames
  return stabilised_interval(values, estimate, kScales[metric], units, confidence);
}

}  // namespace qamro::evaluation
