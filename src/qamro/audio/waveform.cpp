#include "qamro/audio/waveform.h"

#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::audio {

void check_resampling_rates(int from_hz, int to_hz) {
  for (const int rate : {from_hz, to_hz})
    if (rate < 1 || rate > kHighestRateHz)
      throw InvalidInput(fmt::format("resampler: expected sample rates of 1 to {} Hz, got {} to {}",
                                     kHighestRateHz, from_hz, to_hz));
}

}  // namespace qamro::audio
