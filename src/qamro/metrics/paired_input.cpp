#include "qamro/metrics/paired_input.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

#include "qamro/core/error.h"

namespace qamro::metrics {
namespace {

void check_finite(const char* metric, const char* name, std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw InvalidInput(
          fmt::format("{}: {}: expected finite values, got {} at [{}]", metric, name, values[i], i));
}

}  // namespace

void check_paired(const char* metric, std::span<const double> prediction, std::span<const double> label) {
  if (prediction.size() != label.size())
    throw InvalidInput(fmt::format("{}: expected as many predictions as labels ({}), got {}", metric,
                                   label.size(), prediction.size()));
  check_finite(metric, "prediction", prediction);
  check_finite(metric, "label", label);
}

}  // namespace qamro::metrics
