#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "qamro/core/export.h"

namespace qamro::audio {

// torchaudio computes the same filters in two precisions, and for rates with a small common divisor the
// results differ by up to 5e-5 (22,050 to 16,000 Hz: 1.6e-5): torchaudio.functional.resample in float32,
// torchaudio.transforms.Resample in float64, with each phase's shift rounded to float32.
enum class SincPrecision { functional, transform };

// The windowed sinc filters of torchaudio with its defaults (sinc_interp_hann, lowpass_filter_width 6,
// rolloff 0.99; torchaudio/functional/functional.py, _get_sinc_resample_kernel): one filter for each of the
// `phases` positions that an output sample can have between input samples. They are computed step by step as
// in the reference; only the taps inside the window are kept.
struct QAMRO_API SincKernel {
  std::int64_t step;    // input samples per period: from / gcd
  std::int64_t phases;  // output samples per period: to / gcd
  std::int64_t width;   // zeros that the reference puts before the input
  std::int64_t taps;    // per phase, a multiple of kLanes; zeros after the last one
  // First input sample of each phase's filter, relative to the period's start. [phases]
  std::vector<std::int64_t> first;
  std::vector<float> weights;  // [phases, taps]

  static constexpr std::int64_t kLanes = 16;
};

// Kernels are kept for later calls, in at most 64 MB. Thread-safe. Throws InvalidInput for rates below 1 or
// above 768,000 Hz.
std::shared_ptr<const SincKernel> sinc_kernel(int from_hz, int to_hz,
                                              SincPrecision precision = SincPrecision::functional);

}  // namespace qamro::audio
