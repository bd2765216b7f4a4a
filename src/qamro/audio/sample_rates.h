#pragma once

namespace qamro::audio {

// Limit for the rate of a file and for the rate that it is resampled to.
inline constexpr int kHighestRateHz = 768'000;

// Throws InvalidInput for rates below 1 or above kHighestRateHz.
void check_resampling_rates(int from_hz, int to_hz);

}  // namespace qamro::audio
