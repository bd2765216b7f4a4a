#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace qamro::testing {

// A triangle wave of 200 Hz (at 16 kHz), alternating off and on every 0.1 s, in noise, in exact arithmetic;
// tools/golden/distillmos_scores.py makes the same.
inline std::vector<float> synthetic_audio(std::int64_t samples) {
  std::uint32_t state = 1;
  std::vector<float> audio;
  for (std::int64_t n = 0; n < samples; ++n) {
    state = state * 1664525U + 1013904223U;
    const double noise = (state >> 8) / 16777216.0 - 0.5;
    const double triangle = std::abs(static_cast<double>(n % 80 - 40)) / 40 - 0.5;
    audio.push_back(
        static_cast<float>(0.5 * triangle * static_cast<double>((n / 1600) % 2) + 0.0625 * noise));
  }
  return audio;
}

}  // namespace qamro::testing
