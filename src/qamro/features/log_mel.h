#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace qamro::features {

// Triangular filters, evenly spread on the mel scale, each of unit area: `librosa.filters.mel` with its
// defaults (Slaney's scale and norm).
struct MelFilterOptions {
  int sample_rate_hz = 48000;
  std::int64_t transform_samples = 1024;  // of the Fourier transform
  std::int64_t mel_bins = 64;
  double lowest_hz = 50;
  double highest_hz = 14000;

  std::int64_t frequency_bins() const { return transform_samples / 2 + 1; }
  // Throws InvalidInput for impossible options.
  void validate() const;
};

// float32 [frequency_bins, mel_bins]. Throws InvalidInput.
at::Tensor mel_filters(const MelFilterOptions& options = {});

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
