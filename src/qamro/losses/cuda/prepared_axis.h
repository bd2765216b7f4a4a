#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "qamro/losses/cuda/block_scan.h"
#include "qamro/losses/cuda/execution_types.h"
#include "qamro/losses/cuda/ranking_device.h"
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

// With z = margin_scale * target - prediction, a pair's hinge is relu(margin + z[hi] - z[lo]).
struct RankedElement {
  double z = 0;
  double target = 0;  // NaN: no label; then z and mass are 0
  double quality = 0;
  double mass = 0;
  std::int64_t group = 0;
};

// Properties of the batch as a whole.
struct BatchExtents {
  Extent prediction, target;  // of labelled elements
  Extent value;               // QualityRule::value
  std::uint32_t problems = 0;
};

QAMRO_HOST_DEVICE inline BatchExtents combine(const BatchExtents& a, const BatchExtents& b) {
  return {combine(a.prediction, b.prediction), combine(a.target, b.target), combine(a.value, b.value),
          a.problems | b.problems};
}

// As exact_offset of ranking_kernel.cpp: a value that can be subtracted from all values exactly.
QAMRO_HOST_DEVICE inline double exact_offset(const Extent& values) {
  if (values.low > 0 && values.high <= 2 * values.low) return values.low;
  if (values.high < 0 && values.low >= 2 * values.high) return values.high;
  return 0;
}

QAMRO_HOST_DEVICE inline std::uint32_t problems_of(double prediction, double target, double weight,
                                                   const QualityRule& rule) {
  std::uint32_t problems = 0;
  if (!std::isfinite(prediction)) problems |= kPredictionNotFinite;
  if (std::isinf(target)) problems |= kTargetInfinite;
  if (!std::isfinite(weight) || weight < 0) problems |= kWeightInvalid;
  if (rule.kind == QualityRule::Kind::kRange && (target < rule.low || target > rule.high))
    problems |= kLabelOutsideOfQualityRange;
  return problems;
}

inline void find_extents(const Execution& execution, const DeviceRankingAxis& axis, const QualityRule& rule,
                         BatchExtents* extents) {
  const auto load = [axis, rule] QAMRO_HOST_DEVICE(std::size_t i) {
    const double p = axis.prediction[i], y = axis.target[i];
    const double weight = axis.weight == nullptr ? 1.0 : axis.weight[i];
    BatchExtents own;
    own.problems = problems_of(p, y, weight, rule);
    if (!rule.has_label(y)) return own;
    const double value = rule.value(y);
    own.prediction = {p, p};
    own.target = {y, y};
    own.value = {value, value};
    return own;
  };
  reduce<BatchExtents>(execution, axis.n, load, extents);
}

inline void prepare_elements(const Execution& execution, const DeviceRankingAxis& axis,
                             const QualityRule& rule, const BatchExtents* extents, double margin_scale,
                             RankedElement* elements) {
  for_each_index(execution, axis.n, [=] QAMRO_HOST_DEVICE(std::size_t i) {
    const double y = axis.target[i];
    RankedElement element;
    element.group = axis.group == nullptr ? 0 : axis.group[i];
    element.target = kNaN;
    if (rule.has_label(y)) {
      const double above = y - exact_offset(extents->target);
      element.z = margin_scale * above - (axis.prediction[i] - exact_offset(extents->prediction));
      element.target = y;
      element.quality = rule.quality(rule.value(y), extents->value);
      element.mass = axis.weight == nullptr ? 1.0 : axis.weight[i];
    }
    elements[i] = element;
  });
}

// Whether a margin or a difference with this z could overflow.
QAMRO_HOST_DEVICE inline bool overflows(double z, double margin) {
  return !std::isfinite(2 * std::abs(z) + std::abs(margin));
}

}  // namespace qamro::losses::device
