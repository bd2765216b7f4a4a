#pragma once

#include <cstdint>

namespace qamro::audio {

// How a clip is brought to an encoder's rate: torchaudio's windowed sinc (resampler.h), librosa's soxr_hq
// (soxr_resampler.h), or not at all: its samples are then taken as if they had that rate.
enum class ResamplingMethod { sinc, soxr_hq, none };

// Number of samples that a clip of `samples` samples then has. Throws like the methods' own length functions.
std::int64_t resampled_length(std::int64_t samples, int from_hz, int to_hz, ResamplingMethod method);

}  // namespace qamro::audio
