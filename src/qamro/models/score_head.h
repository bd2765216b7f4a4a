#pragma once

#include <optional>
#include <span>
#include <vector>

#include "qamro/audio/windows.h"
#include "qamro/models/encoder.h"

namespace qamro::models {

// A clip as an encoder saw it: at least one window, in time order, and the encoder's vector for each window.
struct WindowVectors {
  std::span<const std::vector<float>> vectors;
  std::span<const audio::Window> windows;
  std::span<const float> prompt = {};  // the text encoder's vector of the prompt; empty: no prompt
};

// Turns the encoder's vectors of a clip into one score per axis. Thread-safe.
class ScoreHead {
 public:
  virtual ~ScoreHead() = default;
  // The model decides how windows become one score: some average vectors, some average scores, some weigh
  // windows by length. An axis that needs a prompt is NaN if the clip has none.
  virtual std::vector<double> score(const WindowVectors& clip) const = 0;
  // The heads' share in that score, in [0, 1]; the rest is the encoder's own (heads/head_model.h).
  virtual double share(const WindowVectors&) const { return 1.0; }
  // How much the clip is like the audio that the model was fitted on, 0 to 1 (familiarity_measure.h); nothing
  // if that is not known.
  virtual std::optional<double> familiarity(const WindowVectors&) const { return std::nullopt; }
};

// For an encoder whose vector is the scores: their mean over windows, of equal weight or weighted by length.
class OwnScores : public ScoreHead {
 public:
  explicit OwnScores(bool weighs_by_length) : weighs_by_length_(weighs_by_length) {}
  std::vector<double> score(const WindowVectors& clip) const override;

 private:
  bool weighs_by_length_;
};

// Throws InvalidInput if there is no window or not one vector per window.
void check(const WindowVectors& clip);

// The mean over windows, [dimension]; summed in double in the order of the windows.
std::vector<float> mean_over_windows(std::span<const std::vector<float>> windows);

// The mean over windows, each weighted by its length, in double. See `make_inference_batch` and
// `AesPredictor.forward` of audiobox_aesthetics/infer.py.
std::vector<double> mean_weighted_by_length(const WindowVectors& clip);

// A clip's vector: one of these two means.
std::vector<float> clip_vector(const WindowVectors& clip, bool weighs_by_length);
// Averaged as its encoder requires (WindowEncoder::weighs_windows_by_length).
std::vector<float> clip_vector(const WindowEncoder& encoder, const WindowVectors& clip);

}  // namespace qamro::models
