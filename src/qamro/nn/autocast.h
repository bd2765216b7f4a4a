#pragma once

#include <ATen/autocast_mode.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/where.h>

#include "qamro/nn/precision.h"

namespace qamro::nn {

// Restores autocast on `device` when destroyed.
class AutocastState {
 public:
  explicit AutocastState(c10::DeviceType device)
      : device_(device), before_(at::autocast::is_autocast_enabled(device)) {}
  ~AutocastState() { at::autocast::set_autocast_enabled(device_, before_); }
  AutocastState(const AutocastState&) = delete;
  AutocastState& operator=(const AutocastState&) = delete;

 private:
  c10::DeviceType device_;
  bool before_;
};

// While it lives, torch's operators on `device` round as torch.autocast does, to bfloat16 or float16: the
// inputs of convolutions and products, but not of normalisations, softmax and sums. For fp32 it does nothing.
class Autocast : AutocastState {
 public:
  Autocast(c10::DeviceType device, Precision precision) : AutocastState(device) {
    if (precision == Precision::fp32) return;
    at::autocast::set_autocast_dtype(device, precision == Precision::fp16 ? at::kHalf : at::kBFloat16);
    at::autocast::set_autocast_enabled(device, true);
  }
};

// While it lives, autocast on `device` is off if `applies`.
class AutocastOff : AutocastState {
 public:
  AutocastOff(c10::DeviceType device, bool applies) : AutocastState(device) {
    if (applies) at::autocast::set_autocast_enabled(device, false);
  }
};

// Returns run(precision), [rows, ...]. A row that is not finite, because it left float16's range, is taken
// from a second run in fp32, so that a row's result depends on that row alone.
template <typename Run>
at::Tensor in_precision(Precision precision, const Run& run) {
  const at::Tensor found = run(precision);
  if (precision == Precision::fp32) return found;
  const at::Tensor finite = at::isfinite(found).flatten(1).all(1, /*keepdim=*/true);
  if (finite.all().template item<bool>()) return found;
  return at::where(finite, found.flatten(1), run(Precision::fp32).flatten(1)).view(found.sizes());
}

}  // namespace qamro::nn
