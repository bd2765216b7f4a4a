#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct soxr;

namespace qamro::audio {

// How many samples librosa.resample gives: ceil(samples · (to / from)), the quotient taken first, in double.
// Throws InvalidInput for a negative length and for rates that SoxrResampler refuses.
std::int64_t soxr_resampled_length(std::int64_t samples, int from_hz, int to_hz);

// Resamples a stream with libsoxr's high quality, as `librosa.load(path, sr=to_hz)` does (res_type
// "soxr_hq"), which is what LAION-CLAP hears. Memory holds a push and the filters' length. Equal rates pass
// samples through unchanged.
class SoxrResampler {
 public:
  // Throws InvalidInput for rates below 1 or above 768,000 Hz.
  SoxrResampler(int from_hz, int to_hz);
  ~SoxrResampler();
  SoxrResampler(const SoxrResampler&) = delete;
  SoxrResampler& operator=(const SoxrResampler&) = delete;

  // Appends to `out` what can be said after these samples.
  void push(std::span<const float> samples, std::vector<float>& out);
  // Appends the rest: all pushes and this give soxr_resampled_length() samples, as librosa's
  // util.fix_length() makes sure. No push may follow.
  void finish(std::vector<float>& out);

 private:
  // Up to so many samples out; null: the stream's end. Returns how many input samples were used.
  std::size_t process(const float* samples, std::size_t count, std::size_t most, std::vector<float>& out);

  int from_hz_;
  int to_hz_;
  struct Free {
    void operator()(soxr* resampler) const;
  };
  std::unique_ptr<soxr, Free> soxr_;  // null: equal rates
  std::int64_t pushed_ = 0;
  std::int64_t produced_ = 0;
};

}  // namespace qamro::audio
