#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "qamro/features/mel_filters.h"

namespace qamro::features {

// Front end of HTSAT: `Spectrogram` and `LogmelFilterBank` of torchlibrosa/stft.py, with centred frames,
// reflected ends, a periodic Hann window, reference 1 and no lower limit but power_floor.
struct LogMelOptions {
  MelFilterOptions filters;
  std::int64_t hop_samples = 480;
  double power_floor = 1e-10;

  std::int64_t window_samples() const { return filters.transform_samples; }
  // Number of frames of a signal of `samples` samples.
  std::int64_t frames(std::int64_t samples) const { return samples / hop_samples + 1; }
  // Throws InvalidInput for impossible options.
  void validate() const;
};

// Decibels. `samples` is float32 [n, samples], longer than half a window; `filters` is as mel_filters()
// returns it. The result is [n, frames, mel_bins]. Differentiable. Throws InvalidInput for another shape
// or type.
at::Tensor log_mel(const at::Tensor& samples, const at::Tensor& filters, const LogMelOptions& options = {});

// The matrices with which torchlibrosa computes its Fourier transform, multiplied by the window: float32
// [frequency_bins, 1, window] each. log_mel() uses a fast transform instead; these matrices are for checking
// those in a checkpoint.
struct FourierMatrices {
  at::Tensor real, imaginary;
};
FourierMatrices fourier_matrices(std::int64_t window_samples);

}  // namespace qamro::features
