#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "qamro/data/training_clips.h"
#include "qamro/evaluation/clip_conditions.h"
#include "qamro/evaluation/gate.h"
#include "qamro/evaluation/system_comparison.h"
#include "qamro/scoring/score_clips.h"
#include "qamro/statistics/mean_test.h"

namespace qamro::scoring {

// Scores by axis and system, for a ranking. Clips without a system have no place in it.
using ScoresByAxis = std::map<std::string, evaluation::SystemScores>;
void add_to_ranking(ScoresByAxis& ranking, const ClipScores& scores, const std::vector<std::string>& axes);

// The scores of one system, from audio and a model, or from a file of scores.
struct SystemScoreSets {
  std::string name;
  std::map<std::string, statistics::ScoreSet> axes;
  std::size_t clips = 0;                               // all clips, including failed ones
  std::size_t in_training = 0;                         // of these: those that the model was trained on
  std::vector<std::string> failures;                   // "path: reason" of clips without scores
  std::vector<std::string> notes;                      // columns of its file with cells that are no numbers
  bool has_prompts = false;                            // whether a clip of the audio has one
  std::vector<evaluation::ClipConditions> conditions;  // one per clip with a score

  bool all_failed() const { return clips == failures.size(); }
};

// All clips as one system. Items are file names without folders and extension, if these are distinct. A clip
// without a prompt lacks the axes that need one; that is a failure if other clips have a prompt.
SystemScoreSets system_of_clips(const std::vector<ClipScores>& clips, const std::vector<std::string>& axes);
// Scores clips as one system. Calls on_clip after each. Throws as score_clips().
SystemScoreSets score_system(const models::Predictor& predictor, std::span<const data::Clip> clips,
                             const ScoringOptions& options, const std::function<void()>& on_clip = {});
// Columns of a file of scores, in the files that have them; empty: those with a usual name.
struct ScoreColumns {
  std::string key = {};
  std::string system = {};
  std::vector<std::string> axes = {};  // axes besides those that are known as such
};

// All rows of a file of scores (csv, jsonl, a published list) as one system. Throws as read_ratings().
SystemScoreSets system_of_file(const std::string& file, const ScoreColumns& columns = {});
// The systems of a file of scores with a column 'system', in file order; empty without such a column.
std::vector<SystemScoreSets> systems_of_file(const std::string& file, const ScoreColumns& columns = {});

// How many clips of each system its model was trained on.
data::SeenClips seen_clips(const std::vector<const SystemScoreSets*>& systems);

// The axes that all systems have, by name. Throws InvalidInput if there are none, or if a system lacks one of
// the axes in `wanted` (empty: all).
std::vector<std::string> common_axes(const std::vector<const SystemScoreSets*>& systems,
                                     const std::vector<std::string>& wanted);

// What a system must fulfil to pass.
struct GateConditions {
  std::vector<evaluation::AxisMinimum> minima = {};
  std::vector<std::string> axes = {};  // to compare with the baseline; empty: all that both have
  std::size_t allowed_failures = 0;    // clips that may have no score
  evaluation::GateOptions gate = {};
};

// Checks the candidate against the minima, then against the baseline (null: none), then the number of its
// clips without a score (only if there is one). Throws InvalidInput for options out of their range, and if a
// system lacks an axis that is asked for or both have none in common.
std::vector<evaluation::GateCheck> check_system(const SystemScoreSets& candidate,
                                                const SystemScoreSets* baseline,
                                                const GateConditions& conditions);

// Compares the systems on one axis, which all of them must have. Throws as evaluation::judge_systems(), and
// std::out_of_range if a system lacks the axis.
evaluation::SystemVerdict judge_axis(const std::vector<SystemScoreSets>& systems, const std::string& axis,
                                     const statistics::MeanTestOptions& options = {},
                                     const evaluation::NoticeOptions& notice = {}, int threads = 0);

}  // namespace qamro::scoring
