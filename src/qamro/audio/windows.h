#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "qamro/audio/decoder.h"
#include "qamro/audio/resampler.h"

namespace qamro::audio {

// How a clip is brought to an encoder's rate: torchaudio's windowed sinc or librosa's soxr_hq
// (resampler.h), or not at all: its samples are then taken as if they had that rate.
enum class ResamplingMethod { sinc, soxr_hq, none };

// Number of samples that a clip of `samples` samples then has. Throws like the methods' own length functions.
std::int64_t resampled_length(std::int64_t samples, int from_hz, int to_hz, ResamplingMethod method);

// A stretch of a clip that an encoder sees at once, in samples at the encoder's rate.
struct Window {
  std::int64_t start_sample = 0;
  std::int64_t length_samples = 0;  // of real audio; the encoder pads

  bool operator==(const Window&) const = default;
};

// Windows of `window` samples, at most `longest_hop` apart and evenly spread so that the last one ends with
// the clip; a shorter clip gives one short window. Like distillmos/sqa.py, ConvTransformerSQAModel.forward,
// with starts int(numpy.linspace(0, 1, hops)[k] · (samples - window)). Throws InvalidInput for sizes below 1.
std::vector<Window> evenly_spread_windows(std::int64_t samples, std::int64_t window,
                                          std::int64_t longest_hop);

// Windows every `hop` samples; the last one may be shorter, but never empty. Like
// audiobox_aesthetics/infer.py. Throws InvalidInput for sizes below 1.
std::vector<Window> fixed_hop_windows(std::int64_t samples, std::int64_t window, std::int64_t hop);

// Reads and resamples the reader's segment once, front to back, and passes each window's samples to `use` in
// order; they are the same as if cut from the whole. Memory holds one window and a few blocks. The segment is
// read to its end, even after the last window, so that a truncated file never passes. Throws what the reader
// throws, and InvalidInput for windows that are empty, not sorted by start, or not inside
// resampled_length(reader.frames(), …).
void for_each_window(AudioReader& reader, int to_hz, std::span<const Window> windows,
                     const std::function<void(const Window&, std::span<const float> samples)>& use,
                     SincPrecision precision = SincPrecision::functional);
// The same, resampled by `method`; windows lie inside resampled_length(reader.frames(), …, method).
void for_each_window(AudioReader& reader, int to_hz, std::span<const Window> windows,
                     const std::function<void(const Window&, std::span<const float> samples)>& use,
                     ResamplingMethod method);

}  // namespace qamro::audio
