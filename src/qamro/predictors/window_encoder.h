#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qamro/audio/windows.h"

namespace qamro::predictors {

// A frozen encoder, ready to run: audio windows in, one vector a window out.
//
// Thread-safe, and a window's vector depends on that window alone: not on the windows before it, the other
// files of a run, or the number of threads.
class WindowEncoder {
 public:
  virtual ~WindowEncoder() = default;
  virtual int sample_rate_hz() const = 0;
  // How a clip comes to that rate; `none`: it is taken at its own.
  virtual audio::ResamplingMethod resampling() const { return audio::ResamplingMethod::sinc; }
  // How a clip of `samples` samples (at sample_rate_hz) is cut.
  virtual std::vector<audio::Window> windows(std::int64_t samples) const = 0;
  // Length of the vector.
  virtual std::int64_t dimension() const = 0;
  // What the vector holds, e.g. "pooled" or "mos"; written beside embeddings and checked when heads meet
  // them.
  virtual std::string layout() const = 0;
  // samples: mono, nominally [-1, 1], the window's valid part; padding is the encoder's business.
  // Returns [dimension]. A clip's vector is the mean over its windows.
  virtual std::vector<float> encode(std::span<const float> samples) const = 0;
  // How many windows encode_batch() takes; 1: there is nothing to gain from more (a CPU).
  virtual std::size_t batch_size() const { return 1; }
  // encode() of each of 1 to batch_size() windows.
  virtual std::vector<std::vector<float>> encode_batch(
      std::span<const std::span<const float>> windows) const {
    std::vector<std::vector<float>> vectors;
    for (const auto& window : windows) vectors.push_back(encode(window));
    return vectors;
  }
  // Whether in that mean windows weigh by their length, instead of all alike.
  virtual bool weighs_windows_by_length() const { return false; }
};

}  // namespace qamro::predictors
