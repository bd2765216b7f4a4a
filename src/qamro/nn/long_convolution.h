#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace qamro::nn {

// A grouped one-dimensional convolution of many taps, y[t] = Σ_k w[k] x[t + k - kernel / 2] with zeros
// outside x, by the fast Fourier transform in overlapping blocks (overlap-save: Oppenheim and Schafer,
// "Discrete-Time Signal Processing", section 8.7.3): with 48 channels a group and 128 taps, a twentieth of
// the plain sum's operations, at its rounding error. CPU, float32, inference only. Thread-safe.
class LongConvolution {
 public:
  // weight: [out, in / groups, kernel]; out a multiple of groups.
  LongConvolution(const at::Tensor& weight, std::int64_t groups);

  std::int64_t groups() const { return spectra_.size(0); }
  // input: [frames, in] with at least one frame; group: which. Returns [frames, out / groups].
  at::Tensor operator()(const at::Tensor& input, std::int64_t group) const;

 private:
  // Samples of one transform, of which `step_` are results that nothing has wrapped around into.
  std::int64_t kernel_, step_, length_;
  at::Tensor spectra_;  // complex, conjugate: [groups, frequencies, in / groups, out / groups]
};

}  // namespace qamro::nn
