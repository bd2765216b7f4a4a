#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "qamro/audio/decoder.h"
#include "qamro/core/export.h"
#include "qamro/data/manifest.h"
#include "qamro/data/training_clips.h"
#include "qamro/models/encoder.h"

namespace qamro::models {

struct EncodingOptions {
  // At least 1. Each thread encodes one window; if there are fewer windows than threads, they share
  // the threads.
  int threads = 1;
  audio::MonoPolicy mono_policy = audio::MonoPolicy::mean;
  // Shorter clips are refused because no listener could rate them.
  double minimum_seconds = 0.1;
  // Whether to fill EncodedClip::digests.
  bool hash_clips = false;

  void validate() const;
};

// A clip's windows as the encoder saw them, or the error that prevented it.
struct EncodedClip {
  std::vector<audio::Window> windows;
  std::vector<std::vector<float>> vectors;  // one per window, [dimension]
  double duration_seconds = 0;
  int sample_rate_hz = 0;             // sample rate of `windows`
  audio::SoundProperties sound = {};  // of the recording
  data::ClipDigests digests;          // only with EncodingOptions::hash_clips
  std::string error;                  // empty if all went well
};

// Decodes, resamples and encodes `clips`. Calls `done` in the order of `clips`, from one thread at a time, as
// soon as a clip and all before it are finished. A clip that cannot be read arrives with its error, and the
// others continue. Return false from `done` to stop early. Memory holds a bounded number of windows, however
// long the files are.
QAMRO_API void encode_clips(const WindowEncoder& encoder, std::span<const data::Clip> clips,
                            const EncodingOptions& options,
                            const std::function<bool(std::size_t index, EncodedClip&&)>& done);

}  // namespace qamro::models
