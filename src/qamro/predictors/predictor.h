#pragma once

#include <future>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qamro/predictors/compute.h"
#include "qamro/predictors/model_folder.h"
#include "qamro/predictors/text_encoder.h"
#include "qamro/predictors/window_encoder.h"

namespace qamro::predictors {

// A clip as an encoder has seen it: its windows in time order, at least one, and the encoder's vector of
// each.
struct WindowVectors {
  std::span<const std::vector<float>> vectors;
  std::span<const audio::Window> windows;
  std::span<const float> prompt = {};  // the text encoder's vector of the clip's prompt; empty: it has none
};

// From the encoder's vectors of a clip to one score an axis. Thread-safe.
class ScoreHead {
 public:
  virtual ~ScoreHead() = default;
  // How windows become one score is the model's affair: some average vectors, some scores, some weigh by
  // length.
  // An axis that needs a prompt is NaN where there is none.
  virtual std::vector<double> score(const WindowVectors& clip) const = 0;
  // The heads' share in that score, in [0, 1]; the rest is the encoder's own (predictors/familiarity.h).
  virtual double share(const WindowVectors&) const { return 1.0; }
};

// A model that is ready to score: encoder, heads, and what model.json says of them.
class Predictor {
 public:
  // weights_sha256: see verify_weights(); it may still be on its way.
  Predictor(ModelDescription description, std::shared_future<std::string> weights_sha256,
            const Compute& compute, std::unique_ptr<WindowEncoder> encoder, std::unique_ptr<ScoreHead> head,
            std::unique_ptr<TextEncoder> text_encoder = nullptr);

  const ModelDescription& description() const { return description_; }
  const std::vector<Axis>& axes() const { return description_.axes; }
  // Of the weights actually loaded (for heads: of the heads; the encoder's is in description().document).
  // Waits until they are hashed. Throws CheckpointError where model.json promised other ones.
  const std::string& weights_sha256() const { return weights_sha256_.get(); }
  const Compute& compute() const { return compute_; }
  const WindowEncoder& encoder() const { return *encoder_; }
  // Null where no axis reads a prompt.
  const TextEncoder* text_encoder() const { return text_encoder_.get(); }

  // One score an axis, of a clip or of a part of its windows; NaN where an axis needs a prompt and there is
  // none. Waits until the weights are hashed: no score comes of damaged ones.
  // Throws InvalidInput for no window, or not one vector each; CheckpointError as weights_sha256().
  std::vector<double> score(const WindowVectors& clip) const;
  // How much of that the heads have said, in [0, 1]: below 1 for clips unlike their training clips.
  double head_share(const WindowVectors& clip) const;

 private:
  ModelDescription description_;
  std::shared_future<std::string> weights_sha256_;
  Compute compute_;
  std::unique_ptr<WindowEncoder> encoder_;
  std::unique_ptr<ScoreHead> head_;
  std::unique_ptr<TextEncoder> text_encoder_;
};

// The mean over windows, [dimension]; summed in double in the windows' order.
std::vector<float> mean_over_windows(std::span<const std::vector<float>> windows);

// The same, each window weighted by its length, in double. `make_inference_batch` and `AesPredictor.forward`
// of audiobox_aesthetics/infer.py.
std::vector<double> mean_weighted_by_length(const WindowVectors& clip);

// A clip's vector as its encoder wants it (WindowEncoder::weighs_windows_by_length).
std::vector<float> clip_vector(const WindowEncoder& encoder, const WindowVectors& clip);

// Opens a model by name or path (see registry.h) for inference. Its weights are still being hashed when it
// returns.
// Throws InvalidInput (no such model, or one that does not compute that way), FileError (weights missing) or
// CheckpointError (weights that do not fit; damaged ones may show at the first score).
std::unique_ptr<Predictor> open_predictor(const std::string& name_or_path, const Compute& compute = {});

// The encoder alone, with the given layout and (of kind "clap") audio policy ("" = the model's own), for
// `qamro embed`.
std::unique_ptr<WindowEncoder> open_encoder(const std::string& name_or_path, const Compute& compute,
                                            const std::string& layout = "",
                                            const std::string& audio_policy = "");

// The encoder of prompts alone. Throws InvalidInput for a model that reads none.
std::unique_ptr<TextEncoder> open_text_encoder(const std::string& name_or_path);

}  // namespace qamro::predictors
