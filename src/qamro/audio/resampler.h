#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "qamro/audio/sound_source.h"
#include "qamro/core/export.h"

struct soxr;

namespace qamro::audio {

// Throws InvalidInput for rates below 1 or above kHighestRateHz.
void check_resampling_rates(int from_hz, int to_hz);

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

// The number of samples that torchaudio returns: ceil(samples · to / from), where, as in its
// _apply_sinc_resample_kernel, the quotient is first rounded to float32 (so above about 10^5 output samples
// it may differ from the true ceiling by one, above 2^24 by a few), but never more than its convolution has.
// For equal rates: `samples`. Throws InvalidInput for a negative length and for rates that Resampler refuses.
QAMRO_API std::int64_t resampled_length(std::int64_t samples, int from_hz, int to_hz);

// Resamples a stream as torchaudio.functional.resample (or, if asked, torchaudio.transforms.Resample; see
// SincPrecision) resamples the whole of it, within 1e-6 for samples in [-1, 1]. The output bits do not depend
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

// The number of samples that librosa.resample returns: ceil(samples · (to / from)), with the quotient
// computed first, in double. Throws InvalidInput for a negative length and for rates that
// SoxrResampler refuses.
std::int64_t soxr_resampled_length(std::int64_t samples, int from_hz, int to_hz);

// Resamples a stream with libsoxr's high quality, as `librosa.load(path, sr=to_hz)` does (res_type
// "soxr_hq"); LAION-CLAP loads its audio like this. Memory holds a push and the length of the filters. For
// equal rates, samples pass through unchanged.
class SoxrResampler {
 public:
  // Throws InvalidInput for rates below 1 or above 768,000 Hz.
  SoxrResampler(int from_hz, int to_hz);
  ~SoxrResampler();
  SoxrResampler(const SoxrResampler&) = delete;
  SoxrResampler& operator=(const SoxrResampler&) = delete;

  // Appends to `out` the output samples that these samples complete.
  void push(std::span<const float> samples, std::vector<float>& out);
  // Appends the rest, so that all calls together give soxr_resampled_length() samples, like librosa's
  // util.fix_length(). No push may follow.
  void finish(std::vector<float>& out);

 private:
  // Makes at most `max_samples` samples. A null `samples` ends the stream. Returns the number of input
  // samples used.
  std::size_t process(const float* samples, std::size_t count, std::size_t max_samples,
                      std::vector<float>& out);

  int from_hz_;
  int to_hz_;
  struct Free {
    void operator()(soxr* resampler) const;
  };
  std::unique_ptr<soxr, Free> soxr_;  // null for equal rates
  std::int64_t pushed_ = 0;
  std::int64_t produced_ = 0;
};

}  // namespace qamro::audio
