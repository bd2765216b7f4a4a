#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "qamro/nn/inference_linear.h"

namespace qamro::nn {

// A grouped one-dimensional convolution of many taps, y[t] = Σ_k w[k] x[t + k - kernel / 2] with zeros
// outside x. CPU, inference only. Thread-safe.
//
// float32 uses the fast Fourier transform in overlapping blocks (overlap-save: Oppenheim and Schafer,
// "Discrete-Time Signal Processing", section 8.7.3). With 48 channels per group and 128 taps this takes a
// twentieth of the plain sum's operations, with the same rounding error. bfloat16 uses one product with
// overlapping rows, whose faster instructions make up for the extra operations.
class LongConvolution {
 public:
  // weight: float32 [out, in / groups, kernel]; out a multiple of groups.
  LongConvolution(const at::Tensor& weight, std::int64_t groups, const Arithmetic& arithmetic = {});

  std::int64_t groups() const { return groups_; }
  // input: float32 [frames, in] with at least one frame; group: its index. Returns float32
  // [frames, out / groups].
  at::Tensor operator()(const at::Tensor& input, std::int64_t group) const;

 private:
  at::Tensor by_transform(const at::Tensor& channels, std::int64_t group) const;

  // length_: samples of one transform; step_: how many of its results are free of wrap-around.
  std::int64_t groups_, channels_, outputs_, kernel_, step_, length_;
  at::ScalarType rows_;
  at::Tensor spectra_;  // complex, conjugate: [groups, frequencies, in / groups, out / groups]
  std::vector<InferenceConvolution> products_;  // one per group; empty with the Fourier transform
};

}  // namespace qamro::nn
