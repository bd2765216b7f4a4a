#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace qamro::features {

// Front end of Distill-MOS (`_complex_compressed` in distillmos/sqa.py): a short-time Fourier transform that
// keeps phases and raises magnitudes to a power.
struct ComplexSpectrumOptions {
  std::int64_t window_samples = 320;  // periodic Hann; also the transform's length; even
  std::int64_t hop_samples = 160;
  double magnitude_exponent = 0.3;
  double magnitude_floor = 1e-12;

  std::int64_t bins() const { return window_samples / 2 + 1; }
  // Samples added on either side, by reflection.
  std::int64_t padding_samples() const { return (window_samples - hop_samples) / 2; }
  // Number of frames of a signal of `samples` samples.
  std::int64_t frames(std::int64_t samples) const;
  // Throws InvalidInput for impossible options.
  void validate() const;
};

// samples: float32 or float64, [n, samples], at least hop_samples and more than padding_samples().
// Returns [n, 2, bins, frames]: real and imaginary parts. Differentiable.
// Throws InvalidInput for another shape or type.
at::Tensor complex_spectrum(const at::Tensor& samples, const ComplexSpectrumOptions& options = {});

// The same for a signal that already contains its padding: [n, padded] -> [n, frames, bins, 2], contiguous,
// one frame for each hop at which a whole window fits.
at::Tensor complex_spectrum_of_padded(const at::Tensor& padded, const ComplexSpectrumOptions& options = {});

}  // namespace qamro::features
