#pragma once

#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/export.h"
#include "qamro/data/training_clips.h"
#include "qamro/models/compute.h"
#include "qamro/models/encoder.h"
#include "qamro/models/model_folder.h"
#include "qamro/models/model_kind.h"
#include "qamro/models/score_head.h"

namespace qamro::models {

// A model that is ready to score: the encoder, the heads and the contents of model.json.
class Predictor {
 public:
  // weights_sha256: see verify_weights(); it may still be computing.
  Predictor(ModelDescription description, std::shared_future<std::string> weights_sha256,
            const Compute& compute, ModelParts parts, data::TrainingClips training_clips = {});

  const ModelDescription& description() const { return description_; }
  const std::vector<Axis>& axes() const { return description_.axes; }
  std::vector<std::string> axis_names() const;
  // SHA-256 of the weights that were loaded. For heads, it is the hash of the heads; the encoder's is in
  // description().document. Waits for the hash. Throws CheckpointError if model.json states another one.
  const std::string& weights_sha256() const { return weights_sha256_.get(); }
  const Compute& compute() const { return compute_; }
  // The clips that qamro trained the model on; empty: not known.
  const data::TrainingClips& training_clips() const { return training_clips_; }
  const WindowEncoder& encoder() const { return *parts_.encoder; }
  // Null if no axis reads a prompt.
  const TextEncoder* text_encoder() const { return parts_.text_encoder.get(); }

  // Returns one score per axis for a clip, or for some of its windows; NaN if an axis needs a prompt
  // and the clip has none. Waits for the hash of the weights: damaged weights never produce a score.
  // Throws InvalidInput if there is no window or not one vector per window; CheckpointError as
  // weights_sha256() does.
  QAMRO_API std::vector<double> score(const WindowVectors& clip) const;
  // The heads' share in that score, in [0, 1]: below 1 for clips unlike the training clips.
  QAMRO_API double head_share(const WindowVectors& clip) const;
  // How much the clip is like the audio that the model was fitted on, 0 to 1 (docs/models.md); nothing if the
  // model does not know.
  QAMRO_API std::optional<double> familiarity(const WindowVectors& clip) const;

 private:
  ModelDescription description_;
  std::shared_future<std::string> weights_sha256_;
  Compute compute_;
  ModelParts parts_;
  data::TrainingClips training_clips_;
};

// Opens a model by name or path (see registry.h) for inference. It returns while the weights are still being
// hashed. Throws InvalidInput (the model does not exist or does not support that compute), FileError (weights
// or the list of training clips missing) or CheckpointError (a damaged list; weights that do not fit: damage
// may only show at the first score).
QAMRO_API std::unique_ptr<Predictor> open_predictor(const std::string& name_or_path,
                                                    const Compute& compute = {});

// Opens the encoder alone, for `qamro embed`. `layout` "" means the default layout, and `audio_policy` (kind
// "clap" only) "" means the model's own.
std::unique_ptr<WindowEncoder> open_encoder(const std::string& name_or_path, const Compute& compute,
                                            const std::string& layout = "",
                                            const std::string& audio_policy = "");

// Opens the encoder of prompts alone. Throws InvalidInput for a model that does not read prompts.
std::unique_ptr<TextEncoder> open_text_encoder(const std::string& name_or_path);

}  // namespace qamro::models
