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

}  // namespace qamro::features
