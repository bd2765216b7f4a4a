#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "qamro/audio/windows.h"
#include "qamro/data/manifest.h"

namespace qamro::models {

// A frozen encoder, ready to run: audio windows in, one vector per window out.
//
// Thread-safe. A window's vector depends only on that window: not on the windows before it, the other files
// of a run, or the number of threads.
class WindowEncoder {
 public:
  virtual ~WindowEncoder() = default;
  virtual int sample_rate_hz() const = 0;
  // How a clip is resampled to that rate; with `none` it keeps its own rate.
  virtual audio::ResamplingMethod resampling() const { return audio::ResamplingMethod::sinc; }
  // How a clip of `samples` samples (at sample_rate_hz) is cut into windows.
  virtual std::vector<audio::Window> windows(std::int64_t samples) const = 0;
  // Length of the vector.
  virtual std::int64_t dimension() const = 0;
  // Content of the vector, e.g. "pooled" or "mos". It is stored with embeddings and checked when heads
  // use them.
  virtual std::string layout() const = 0;
  // samples: the valid part of the window, mono, nominally [-1, 1]; the encoder does any padding. Returns
  // [dimension]. A clip's vector is the mean over its windows.
  virtual std::vector<float> encode(std::span<const float> samples) const = 0;
  // How many windows encode_batch() takes. 1 if larger batches bring nothing (on a CPU).
  virtual std::size_t batch_size() const { return 1; }
  // Calls encode() for each of 1 to batch_size() windows.
  virtual std::vector<std::vector<float>> encode_batch(
      std::span<const std::span<const float>> windows) const {
    std::vector<std::vector<float>> vectors;
    for (const auto& window : windows) vectors.push_back(encode(window));
    return vectors;
  }
  // Whether that mean weighs windows by their length instead of equally.
  virtual bool weighs_windows_by_length() const { return false; }
};

// A frozen encoder of prompts: text in, one vector out. Thread-safe. A text's vector depends only on
// that text.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  virtual std::int64_t dimension() const = 0;
  // text: UTF-8. Returns [dimension]. Throws InvalidInput if it is not valid UTF-8, FileError if the model's
  // vocabulary is missing.
  virtual std::vector<float> encode(std::string_view text) const = 0;
};

// A prompt's vector, or the reason why it could not be encoded.
struct EncodedPrompt {
  std::vector<float> vector;  // [dimension]
  std::string error;          // empty if all went well
};
using EncodedPrompts = std::unordered_map<std::string, EncodedPrompt>;

// Encodes each distinct prompt of the clips once, on `threads` threads. An invalid prompt gets its error, and
// the others continue. Throws the other exceptions of encode().
EncodedPrompts encode_prompts(const TextEncoder& encoder, std::span<const data::Clip> clips, int threads);

}  // namespace qamro::models
