#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "qamro/audio/sinc_kernel.h"
#include "qamro/audio/waveform.h"
#include "qamro/core/export.h"

namespace qamro::audio {

// The number of samples that torchaudio returns: ceil(samples · to / from), where, as in its
// _apply_sinc_resample_kernel, the quotient is first rounded to float32 (so above about 10^5 output samples
// it may differ from the true ceiling by one, above 2^24 by a few), but never more than its convolution has.
// For equal rates: `samples`. Throws InvalidInput for a negative length and for rates that Resampler refuses.
QAMRO_API std::int64_t resampled_length(std::int64_t samples, int from_hz, int to_hz);

// Resamples a stream as torchaudio.functional.resample (or, if asked, torchaudio.transforms.Resample; see
// sinc_kernel.h) resamples the whole of it, within 1e-6 for samples in [-1, 1]. The output bits do not depend
// on how the stream was cut into pushes. Memory holds one push and one filter length. For equal rates,
// samples pass through unchanged.
class QAMRO_API Resampler {
 public:
  // Throws InvalidInput for rates below 1 or above 768,000 Hz.
  Resampler(int from_hz, int to_hz, SincPrecision precision = SincPrecision::functional);

  // Appends to `out` the output samples that these samples complete.
  void push(std::span<const float> samples, std::vector<float>& out);
  // Appends the rest, so that all calls together give resampled_length() samples. No push may follow.
  void finish(std::vector<float>& out);

 private:
  void produce(std::int64_t until, std::vector<float>& out);

  int from_hz_;
  int to_hz_;
  std::shared_ptr<const SincKernel> kernel_;  // null for equal rates
  std::vector<float> buffer_;                 // input samples from index buffer_start_ on
  std::int64_t buffer_start_ = 0;
  std::int64_t pushed_ = 0;
  std::int64_t produced_ = 0;
};

QAMRO_API Waveform resample(const Waveform& waveform, int to_hz,
                            SincPrecision precision = SincPrecision::functional);

}  // namespace qamro::audio
