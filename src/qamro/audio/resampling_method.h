#pragma once

#include <cstdint>

namespace qamro::audio {

// How a clip comes to an encoder's rate: torchaudio's windowed sinc (resampler.h), librosa's soxr_hq
// (soxr_resampler.h), or not at all, its samples taken for what they are.
enum class ResamplingMethod { sinc, soxr_hq, none };

// Samples that a clip of so many has then. Throws as the methods' own lengths.
std::int64_t resampled_length(std::int64_t samples, int from_hz, int to_hz, ResamplingMethod method);

}  // namespace qamro::audio
