#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "qamro/nn/inference_linear.h"

namespace qamro::nn {

// A grouped one-dimensional convolution of many taps, y[t] = Σ_k w[k] x[t + k - kernel / 2] with zeros
// outside x. CPU, inference only. Thread-safe.
//
// In float32 by the fast Fourier transform in overlapping blocks (overlap-save: Oppenheim and Schafer,
// "Discrete-Time Signal Processing", section 8.7.3): with 48 channels a group and 128 taps, a twentieth of
// the plain sum's operations, at its rounding error. In bfloat16 as one product with overlapping rows, whose
// instructions make up for that.
class LongConvolution {
 public:
  // weight: float32 [out, in / groups, kernel]; out a multiple of groups.
  LongConvolution(const at::Tensor& weight, std::int64_t groups, const Arithmetic& arithmetic = {});

  std::int64_t groups() const { return groups_; }
  // input: float32 [frames, in] with at least one frame; group: which. Returns float32 [frames, out /
  // groups].
  at::Tensor operator()(const at::Tensor& input, std::int64_t group) const;

 private:
  at::Tensor by_transform(const at::Tensor& channels, std::int64_t group) const;

  // Samples of one transform, of which `step_` are results that nothing has wrapped around into.
  std::int64_t groups_, channels_, outputs_, kernel_, step_, length_;
  at::ScalarType rows_;
  at::Tensor spectra_;  // complex, conjugate: [groups, frequencies, in / groups, out / groups]
  std::vector<InferenceConvolution> products_;  // one per group, or none
};

}  // namespace qamro::nn
