#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "qamro/losses/cuda/execution_types.h"
#include "qamro/losses/ranking_options.h"

namespace qamro::losses::device {

// Constants, since a GPU cannot call the functions of numeric_limits.
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The lowest and the highest value; low > high if there are none.
struct Extent {
  double low = kInfinity;
  double high = -kInfinity;
};

QAMRO_HOST_DEVICE inline Extent combine(const Extent& a, const Extent& b) {
  return {b.low < a.low ? b.low : a.low, b.high > a.high ? b.high : a.high};
}

// How a label becomes a quality, from RankingOptions but without containers. The rule is the same as
// label_quality's in ranking_axis.cpp.
struct QualityRule {
  enum class Kind { kMinMax, kRange, kTable };
  Kind kind = Kind::kMinMax;
  double low = 0, high = 0;                    // of the range, or of the table
  const QualityInterval* intervals = nullptr;  // in device memory
  std::uint32_t interval_count = 0;

  QAMRO_HOST_DEVICE bool has_label(double target) const {
    if (std::isnan(target)) return false;
    return kind != Kind::kTable || (target >= low && target <= high);
  }

  // The number that is min-max normalised over the batch: the label, or the table's value for it.
  QAMRO_HOST_DEVICE double value(double target) const {
    if (kind != Kind::kTable) return target;
    for (std::uint32_t k = 0; k < interval_count; ++k) {
      const QualityInterval& interval = intervals[k];
      const bool closed = interval.high == high;
      if (target >= interval.low && (target < interval.high || (closed && target == interval.high)))
        return interval.value;
    }
    return 0;
  }

  // The quality of a value(), given the extent of the batch's values.
  QAMRO_HOST_DEVICE double quality(double of_value, const Extent& batch) const {
    if (kind == Kind::kRange) return (of_value - low) / (high - low);
    const double range = batch.high - batch.low;
    return range > 0 ? (of_value - batch.low) / range : 0.0;
  }
};

// Eq. 3's weight of a pair whose higher quality is `quality`.
QAMRO_HOST_DEVICE inline double preference(double quality, double factor) {
  return 1.0 + (factor - 1.0) * quality;
}

}  // namespace qamro::losses::device
