#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "qamro/features/mel_filters.h"

namespace qamro::features {

// Front end of HTSAT: `Spectrogram` and `LogmelFilterBank` of torchlibrosa/stft.py, with centred frames,
// reflected ends, a periodic Hann window, reference 1 and no lowest level but the floor.
struct LogMelOptions {
  MelFilterOptions filters;
  std::int64_t hop_samples = 480;
  double power_floor = 1e-10;

  std::int64_t window_samples() const { return filters.transform_samples; }
  // Frames of a signal of that many samples.
  std::int64_t frames(std::int64_t samples) const { return samples / hop_samples + 1; }
  // Throws InvalidInput where the options cannot be.
  void validate() const;
};

// Decibels: samples float32 [n, samples], more than half a window; filters as mel_filters() gives them
// -> [n, frames, mel_bins]. Differentiable. Throws InvalidInput for another shape or type.
at::Tensor log_mel(const at::Tensor& samples, const at::Tensor& filters, const LogMelOptions& options = {});

// The matrices with which torchlibrosa computes its Fourier transform, the window in them: float32
// [frequency_bins, 1, window] each. log_mel() uses a fast transform instead; these are to check a
// checkpoint's.
struct FourierMatrices {
  at::Tensor real, imaginary;
};
FourierMatrices fourier_matrices(std::int64_t window_samples);

}  // namespace qamro::features
