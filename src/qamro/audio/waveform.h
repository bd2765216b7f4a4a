#pragma once

#include <vector>

namespace qamro::audio {

// One channel of sound; samples are nominally in [-1, 1].
struct Waveform {
  std::vector<float> samples;
  int sample_rate_hz = 0;

  double duration_seconds() const { return static_cast<double>(samples.size()) / sample_rate_hz; }
};

// Limit for the rate of a file and for the rate that it is resampled to.
inline constexpr int kHighestRateHz = 768'000;

// Throws InvalidInput for rates below 1 or above kHighestRateHz.
void check_resampling_rates(int from_hz, int to_hz);

}  // namespace qamro::audio
