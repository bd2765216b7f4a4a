#include "qamro/features/complex_spectrum.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "qamro/core/error.h"

namespace qamro::features {
namespace {

void check_samples(const at::Tensor& samples, std::int64_t minimum) {
  if (samples.dim() != 2 || samples.size(1) < minimum)
    throw InvalidInput(fmt::format("complex spectrum: expected samples of shape [n, {} or more], got [{}]",
                                   minimum, fmt::join(samples.sizes(), ", ")));
  if (samples.scalar_type() != at::kFloat && samples.scalar_type() != at::kDouble)
    throw InvalidInput(fmt::format("complex spectrum: expected float32 or float64 samples, got {}",
                                   c10::toString(samples.scalar_type())));
}

}  // namespace

std::int64_t ComplexSpectrumOptions::frames(std::int64_t samples) const {
  return (samples + 2 * padding_samples() - window_samples) / hop_samples + 1;
}

void ComplexSpectrumOptions::validate() const {
  if (window_samples < 2 || window_samples % 2 != 0)
    throw InvalidInput(fmt::format("window_samples: expected an even number >= 2, got {}", window_samples));
  if (hop_samples < 1 || hop_samples > window_samples || (window_samples - hop_samples) % 2 != 0)
    throw InvalidInput(fmt::format("hop_samples: expected an even distance below the window's {}, got {}",
                                   window_samples, hop_samples));
  if (!(magnitude_exponent > 0 && magnitude_exponent <= 1))
    throw InvalidInput(fmt::format("magnitude_exponent: expected (0, 1], got {}", magnitude_exponent));
  if (!(magnitude_floor > 0)) throw InvalidInput("magnitude_floor: expected a positive number");
}

at::Tensor complex_spectrum_of_padded(const at::Tensor& padded, const ComplexSpectrumOptions& options) {
  options.validate();
  check_samples(padded, options.window_samples);
  const at::Tensor window = at::hann_window(options.window_samples, padded.options());
  const at::Tensor frames = padded.unfold(1, options.window_samples, options.hop_samples) * window;
  const at::Tensor parts = at::view_as_real(at::fft_rfft(frames));
  const at::Tensor magnitude = parts.square().sum(-1, /*keepdim=*/true).sqrt();
  const at::Tensor floored = magnitude.clamp_min(options.magnitude_floor);
  // In the reference's order of operations, so that the rounding is the same.
  return floored.pow(options.magnitude_exponent) * parts / floored;
}

at::Tensor complex_spectrum(const at::Tensor& samples, const ComplexSpectrumOptions& options) {
  options.validate();
  // Enough samples to reflect, and for one window.
  check_samples(samples, std::max(options.padding_samples() + 1, options.hop_samples));
  const std::int64_t padding = options.padding_samples();
  const at::Tensor padded = at::reflection_pad1d(samples.unsqueeze(1), {padding, padding}).squeeze(1);
  return complex_spectrum_of_padded(padded, options).permute({0, 3, 2, 1});
}

}  // namespace qamro::features
