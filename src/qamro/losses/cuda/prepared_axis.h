#pragma once

#include "qamro/losses/cuda/block_scan.h"
#include "qamro/losses/cuda/quality_rule.h"
#include "qamro/losses/cuda/ranking_device.h"

namespace qamro::losses::device {

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
