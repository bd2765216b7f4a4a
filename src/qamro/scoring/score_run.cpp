#include "qamro/scoring/score_run.h"

#include <algorithm>
#include <memory>

#include "qamro/scoring/journal.h"
#include "qamro/scoring/provenance.h"

namespace qamro::scoring {
namespace {

constexpr double kFamiliarShare = 0.5;

class ScoreRun {
 public:
  ScoreRun(const models::Predictor& predictor, std::span<const data::Clip> clips, ScoreSink& sink,
           const RunOptions& options, const OnClip& on_clip)
      : predictor_(predictor), clips_(clips), sink_(sink), options_(options), on_clip_(on_clip) {
    state_.clips = clips.size();
  }

  RunState run() {
    if (options_.resume) open_journal();
    score_clips(predictor_, clips_.subspan(state_.done), options_.scoring, [this](ClipScores&& scores) {
      // Hashing the weights runs while the network computes.
      if (state_.provenance.is_null()) open_journal();
      if (journal_) journal_->append(scores);
      take(scores);
      return !(options_.fail_fast && state_.any_error());
    });
    if (state_.is_complete()) {
      sink_.commit(state_.provenance);
      if (journal_) journal_->remove();
    }
    return std::move(state_);
  }

 private:
  // Waits for the hash of the weights.
  void open_journal() {
    state_.provenance = provenance(predictor_, options_.scoring.encoding);
    const std::string settings = settings_digest(state_.provenance, clips_);
    state_.provenance["settings_sha256"] = settings;
    state_.provenance["clips"] = clips_.size();
    if (sink_.file().empty()) return;
    journal_ = std::make_unique<Journal>(
        sink_.file(), JournalSettings{settings, options_.scoring.windows, predictor_.axes().size()},
        options_.resume);
    state_.resumed = std::min(journal_->finished().size(), clips_.size());
    for (std::size_t i = 0; i < state_.resumed; ++i) {
      ClipScores scores = journal_->finished()[i];
      scores.clip = clips_[i];
      take(scores);
    }
  }

  void take(const ClipScores& scores) {
    sink_.write(scores);
    ++state_.done;
    if (!scores.error.empty()) ++(scores.has_scores() ? state_.partly : state_.failed);
    if (scores.head_share < kFamiliarShare) ++state_.unfamiliar;
    if (on_clip_) on_clip_(scores, state_);
  }

  const models::Predictor& predictor_;
  std::span<const data::Clip> clips_;
  ScoreSink& sink_;
  const RunOptions& options_;
  const OnClip& on_clip_;
  std::unique_ptr<Journal> journal_;
  RunState state_;
};

}  // namespace

RunState run_scoring(const models::Predictor& predictor, std::span<const data::Clip> clips, ScoreSink& sink,
                     const RunOptions& options, const OnClip& on_clip) {
  return ScoreRun(predictor, clips, sink, options, on_clip).run();
}

}  // namespace qamro::scoring
