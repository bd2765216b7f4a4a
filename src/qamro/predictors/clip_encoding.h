#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "qamro/audio/decoder.h"
#include "qamro/data/manifest.h"
#include "qamro/predictors/window_encoder.h"

namespace qamro::predictors {

struct EncodingOptions {
  // Windows that are encoded at the same time, each on one thread, unless there are fewer; at least 1.
  int threads = 1;
  audio::MonoPolicy mono_policy = audio::MonoPolicy::mean;
  // Shorter clips are refused: no listener could rate them.
  double minimum_seconds = 0.1;

  void validate() const;
};

// A clip's windows as the encoder saw them, or why there are none.
struct EncodedClip {
  std::vector<audio::Window> windows;
  std::vector<std::vector<float>> vectors;  // one a window, [dimension]
  double duration_seconds = 0;
  std::string error;  // empty when all went well
};

// Decodes, resamples and encodes `clips`, and hands each over as soon as it and all before it are done:
// `done` is called in the order of `clips`, from one thread at a time. A clip that cannot be read is handed
// over with its error, and the others go on. Return false from `done` to stop early. Memory holds a bounded
// number of windows, however long the files are.
void encode_clips(const WindowEncoder& encoder, std::span<const data::Clip> clips,
                  const EncodingOptions& options,
                  const std::function<bool(std::size_t index, EncodedClip&&)>& done);

}  // namespace qamro::predictors
