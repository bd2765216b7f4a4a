#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "qamro/audio/decoder.h"
#include "qamro/audio/windows.h"
#include "qamro/data/manifest.h"
#include "qamro/data/training_clips.h"
#include "qamro/training/dataset.h"
#include "qamro/training/recipe.h"

namespace qamro::models {

// A clip as an encoder reads it.
struct ClipWindows {
  at::Tensor samples;  // [windows, window] float32, zero-padded after the end of the clip
  std::vector<std::int64_t> valid_samples;  // per window
};

// How an encoder cuts a clip with `samples` samples, at its own rate, into windows.
using WindowPlan = std::function<std::vector<audio::Window>(std::int64_t samples)>;

// The audio of a data set's clips. It is decoded on every request, so memory does not grow with the data.
class AudioClips {
 public:
  // window_samples: length of a window at sample_rate_hz.
  AudioClips(const training::Recipe& recipe, const training::Dataset& dataset, int sample_rate_hz,
             std::int64_t window_samples, WindowPlan plan,
             audio::ResamplingMethod method = audio::ResamplingMethod::sinc);

  // Decodes every clip's file and returns by what it is recognised. Calls `on_clip` for each. Throws one
  // InvalidInput that names all files that are missing, unreadable or without a sample.
  std::vector<data::ClipDigests> check(const std::function<void()>& on_clip) const;

  // Throws what the decoder throws, with the name of the file. Thread-safe.
  ClipWindows load(std::int64_t clip) const;
  // Loads one window. `place` in [0, 1) chooses among its possible starts; a shorter clip is loaded whole.
  ClipWindows load_crop(std::int64_t clip, double place) const;
  const std::vector<data::Clip>& clips() const { return clips_; }

 private:
  ClipWindows load(std::int64_t clip, const WindowPlan& plan) const;
  std::int64_t samples_of(const audio::AudioReader& reader) const;

  std::vector<data::Clip> clips_;
  int sample_rate_hz_;
  std::int64_t window_samples_;
  WindowPlan plan_;
  audio::ResamplingMethod method_;
};

// Sets the data set's clip_digests, and its audio_digests to those of the files.
void set_digests(training::Dataset& dataset, std::vector<data::ClipDigests> digests);

}  // namespace qamro::models
