#pragma once

#include <vector>

namespace qamro::audio {

// One channel of sound; samples are nominally in [-1, 1].
struct Waveform {
  std::vector<float> samples;
  int sample_rate_hz = 0;

  double duration_seconds() const { return static_cast<double>(samples.size()) / sample_rate_hz; }
};

}  // namespace qamro::audio
