#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/audio/decoder.h"
#include "qamro/core/export.h"
#include "qamro/data/manifest.h"
#include "qamro/models/clip_encoding.h"

namespace qamro::models {
class Predictor;  // models/predictor.h opens one
}  // namespace qamro::models

namespace qamro::scoring {

// The scores of one window of a clip.
struct WindowScores {
  double start_seconds = 0;  // in the file
  double end_seconds = 0;
  double duration_seconds = 0;
  std::vector<double> scores;  // as ClipScores::scores
  std::optional<double> familiarity = std::nullopt;
};

// What a model says of one clip.
struct QAMRO_API ClipScores {
  data::Clip clip;
  // One per axis of the model, NaN for an axis that needs a prompt if the clip has none; empty if the clip
  // could not be scored.
  std::vector<double> scores;
  // The heads' share in the scores, in [0, 1]: below 1 for clips unlike the training clips
  // (heads/head_model.h).
  double head_share = 1;
  // How much the clip is like the audio that the model was fitted on, 0 to 1 (docs/models.md); nothing if the
  // model does not know.
  std::optional<double> familiarity = std::nullopt;
  bool in_training = false;  // whether the model was trained on the clip, as far as it knows
  double duration_seconds = 0;
  audio::SoundProperties sound = {};  // of the recording; its level rounded to 0.01 dB
  std::vector<WindowScores> windows;  // in time order; only with ScoringOptions::windows
  // Why the clip, or some of its axes, has no score; empty if all went well.
  std::string error;

  // Whether some axis has a finite score.
  bool has_scores() const;
};

struct ScoringOptions {
  models::EncodingOptions encoding = {};
  bool windows = false;  // also score each window by itself
};

// Scores clips. Calls `done` in the order of `clips`, from one thread at a time, as soon as a clip and all
// before it are finished; return false to stop early. A clip that cannot be scored arrives with its error,
// and the others continue. A clip's scores depend on that clip alone: not on the other clips, their order, or
// the number of threads. Memory stays bounded, however many and long the clips are. Throws CheckpointError
// for damaged weights (at the first clip) and what `done` throws.
QAMRO_API void score_clips(const models::Predictor& predictor, std::span<const data::Clip> clips,
                           const ScoringOptions& options, const std::function<bool(ClipScores&&)>& done);

// All scores at once, in the order of `clips`.
QAMRO_API std::vector<ClipScores> score_clips(const models::Predictor& predictor,
                                              std::span<const data::Clip> clips,
                                              const ScoringOptions& options = {});

}  // namespace qamro::scoring
