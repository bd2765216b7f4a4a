#include "qamro/scoring/score_clips.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <future>

#include "qamro/models/encoder.h"
#include "qamro/models/predictor.h"

namespace qamro::scoring {
namespace {

// Turns encoded clips into scores. Prompts are encoded while the audio is.
class ClipScorer {
 public:
  ClipScorer(const models::Predictor& predictor, std::span<const data::Clip> clips,
             const ScoringOptions& options)
      : predictor_(predictor), options_(options) {
    if (predictor.text_encoder() != nullptr)
      prompts_ = std::async(std::launch::async, [&predictor, clips, threads = options.encoding.threads] {
                   return models::encode_prompts(*predictor.text_encoder(), clips, threads);
                 }).share();
  }

  ClipScores score(const data::Clip& clip, const models::EncodedClip& encoded) const {
    ClipScores result;
    result.clip = clip;
    result.error = encoded.error;
    if (!result.error.empty()) return result;
    const models::EncodedPrompt* prompt = prompt_of(clip);
    const std::span<const float> vector =
        prompt == nullptr ? std::span<const float>() : std::span(prompt->vector);
    const models::WindowVectors all{encoded.vectors, encoded.windows, vector};
    result.scores = predictor_.score(all);
    result.head_share = predictor_.head_share(all);
    result.familiarity = predictor_.familiarity(all);
    result.in_training = predictor_.training_clips().contains(encoded.digests);
    result.duration_seconds = encoded.duration_seconds;
    result.sound = encoded.sound;
    result.sound.level_db = std::round(encoded.sound.level_db * 100) / 100;
    if (options_.windows) result.windows = score_windows(clip, encoded, vector);
    if (predictor_.text_encoder() != nullptr && vector.empty())
      result.error = prompt_error(clip, result.scores, prompt);
    return result;
  }

 private:
  // Null if the clip has no prompt or the model reads none.
  const models::EncodedPrompt* prompt_of(const data::Clip& clip) const {
    if (!prompts_.valid() || !clip.prompt) return nullptr;
    const auto& prompts = prompts_.get();
    const auto found = prompts.find(*clip.prompt);
    return found == prompts.end() ? nullptr : &found->second;
  }

  std::vector<WindowScores> score_windows(const data::Clip& clip, const models::EncodedClip& encoded,
                                          std::span<const float> prompt) const {
    const double rate = encoded.sample_rate_hz;
    const double offset = clip.start_seconds.value_or(0);
    std::vector<WindowScores> result;
    for (std::size_t i = 0; i < encoded.windows.size(); ++i) {
      const audio::Window& window = encoded.windows[i];
      const auto start = static_cast<double>(window.start_sample);
      const auto length = static_cast<double>(window.length_samples);
      const models::WindowVectors alone{{&encoded.vectors[i], 1}, {&window, 1}, prompt};
      result.push_back({.start_seconds = offset + start / rate,
                        .end_seconds = offset + (start + length) / rate,
                        .duration_seconds = length / rate,
                        .scores = predictor_.score(alone),
                        .familiarity = predictor_.familiarity(alone)});
    }
    return result;
  }

  // Empty if no axis needs a prompt.
  std::string prompt_error(const data::Clip& clip, const std::vector<double>& scores,
                           const models::EncodedPrompt* prompt) const {
    std::string why =
        "the clip has none (give one with --prompts FILE, --prompt TEXT or 'prompt' in a manifest)";
    if (prompt != nullptr)
      why = prompt->error;
    else if (!clip.prompt_error.empty())
      why = clip.prompt_error;
    std::string error;
    for (std::size_t axis = 0; axis < scores.size(); ++axis)
      if (std::isnan(scores[axis]))
        error = fmt::format("{}: its {} needs a prompt: {}", clip.path_as_given, predictor_.axes()[axis].name,
                            why);
    return error;
  }

  const models::Predictor& predictor_;
  const ScoringOptions& options_;
  std::shared_future<models::EncodedPrompts> prompts_;
};

}  // namespace

bool ClipScores::has_scores() const {
  return std::any_of(scores.begin(), scores.end(), [](double score) { return std::isfinite(score); });
}

void score_clips(const models::Predictor& predictor, std::span<const data::Clip> clips,
                 const ScoringOptions& options, const std::function<bool(ClipScores&&)>& done) {
  if (clips.empty()) return;
  const ClipScorer scorer(predictor, clips, options);
  models::EncodingOptions encoding = options.encoding;
  encoding.hash_clips = !predictor.training_clips().empty();
  models::encode_clips(predictor.encoder(), clips, encoding,
                       [&](std::size_t index, models::EncodedClip&& encoded) {
                         return done(scorer.score(clips[index], encoded));
                       });
}

std::vector<ClipScores> score_clips(const models::Predictor& predictor, std::span<const data::Clip> clips,
                                    const ScoringOptions& options) {
  std::vector<ClipScores> all;
  score_clips(predictor, clips, options, [&](ClipScores&& scores) {
    all.push_back(std::move(scores));
    return true;
  });
  return all;
}

}  // namespace qamro::scoring
