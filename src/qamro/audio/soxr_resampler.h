#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct soxr;

namespace qamro::audio {

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
