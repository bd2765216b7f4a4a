#include "qamro/scoring/score_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "qamro/core/enum_names.h"
#include "qamro/core/processor.h"
#include "qamro/core/sha256.h"
#include "qamro/core/version.h"
#include "qamro/evaluation/output/comparison_text.h"
#include "qamro/evaluation/output/conditions_output.h"
#include "qamro/scoring/journal.h"

namespace qamro::scoring {

using Json = nlohmann::ordered_json;

namespace {

void add_resampling(Json& json, const models::WindowEncoder& encoder) {
  const auto method = encoder.resampling();
  if (method == audio::ResamplingMethod::none) {
    json["sample_rate_hz"] = "the file's";
    return;
  }
  json["sample_rate_hz"] = encoder.sample_rate_hz();
  if (method == audio::ResamplingMethod::soxr_hq)
    json["resampler"] = {{"kind", "libsoxr"}, {"quality", "HQ"}};
  else
    json["resampler"] = {{"kind", "hann-windowed sinc"}, {"lowpass_filter_width", 6}, {"rolloff", 0.99}};
}

}  // namespace

Json provenance(const models::Predictor& predictor, const models::EncodingOptions& options) {
  const auto& model = predictor.description();
  Json json;
  json["qamro_version"] = version();
  json["model"] = {{"name", model.name}, {"kind", model.kind}, {"sha256", predictor.weights_sha256()}};
  if (model.document.contains("encoder")) json["model"]["encoder"] = model.document.at("encoder");
  // The list that decides which rows have "in_training".
  if (const Json::json_pointer list("/provenance/training_clips"); model.document.contains(list))
    json["model"]["training_clips"] = model.document.at(list);
  json["device"] = predictor.compute().device.str();
  json["precision"] = models::to_string(predictor.compute().precision);
  if (predictor.compute().device.is_cpu()) json["processor"] = to_string(processor());
  add_resampling(json, predictor.encoder());
  json["mono_policy"] = name_of(options.mono_policy);
  Json axes = Json::array();
  for (const auto& axis : predictor.axes())
    axes.push_back({{"name", axis.name}, {"scale", {axis.scale_low, axis.scale_high}}});
  json["axes"] = axes;
  return json;
}

std::string settings_digest(const Json& provenance, std::span<const data::Clip> clips) {
  Json settings = {{"provenance", provenance}};
  // In fp32, processors differ only by rounding, so a run may be resumed on another one.
  if (provenance.value("precision", "") == "fp32") settings["provenance"].erase("processor");
  Json list = Json::array();
  for (const auto& clip : clips) {
    Json entry = Json::array({clip.path_as_given});
    entry.push_back(clip.start_seconds ? Json(*clip.start_seconds) : Json());
    entry.push_back(clip.end_seconds ? Json(*clip.end_seconds) : Json());
    entry.push_back(clip.system ? Json(*clip.system) : Json());
    entry.push_back(clip.id ? Json(*clip.id) : Json());
    if (clip.prompt) entry.push_back(*clip.prompt);
    list.push_back(std::move(entry));
  }
  settings["clips"] = std::move(list);
  return sha256_hex(settings.dump(-1, ' ', false, Json::error_handler_t::replace));
}

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
    std::vector<data::Clip> rest;  // what an earlier run has not finished; all clips without one
    if (state_.resumed > 0)
      for (std::size_t i = 0; i < clips_.size(); ++i)
        if (!journal_->finished()[i]) rest.push_back(clips_[i]);
    take_finished();
    score_clips(predictor_, state_.resumed > 0 ? std::span<const data::Clip>(rest) : clips_, options_.scoring,
                [this](ClipScores&& scores) {
                  // Hashing the weights runs while the network computes.
                  if (state_.provenance.is_null()) open_journal();
                  if (journal_) journal_->append(scores);
                  take(scores);
                  take_finished();
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
    const std::string settings = settings_digest(state_.provenance, {});
    const std::string with_clips = settings_digest(state_.provenance, clips_);
    state_.provenance["settings_sha256"] = with_clips;
    state_.provenance["clips"] = clips_.size();
    if (sink_.file().empty()) return;
    journal_ = std::make_unique<Journal>(
        sink_.file(), JournalSettings{settings, options_.scoring.windows, predictor_.axes().size()}, clips_,
        options_.resume);
    state_.dropped = journal_->dropped();
    const auto& finished = journal_->finished();
    state_.resumed = static_cast<std::size_t>(std::count_if(
        finished.begin(), finished.end(), [](const auto& scores) { return scores.has_value(); }));
  }

  // Writes the clips that an earlier run finished, up to the next one that it did not.
  void take_finished() {
    if (!journal_) return;
    const auto& finished = journal_->finished();
    while (state_.done < finished.size() && finished[state_.done]) take(*finished[state_.done]);
  }

  void take(const ClipScores& scores) {
    sink_.write(scores);
    ++state_.done;
    if (!scores.error.empty()) ++(scores.has_scores() ? state_.partly : state_.failed);
    if (!scores.sound.note.empty()) ++state_.noted;
    if (scores.head_share < kFamiliarShare) ++state_.unfamiliar;
    if (scores.has_scores()) state_.familiarity.add(scores.familiarity);
    if (scores.has_scores()) state_.seen.add(scores.clip.system.value_or(""), scores.in_training);
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

namespace {

// Where the rows went, or why they are not all there.
std::string end_text(const RunState& state, const std::string& file) {
  if (state.is_complete()) return file.empty() ? "" : fmt::format("; written to {}", file);
  return std::string("; stopped at the first failure (--fail-fast)") +
         (file.empty() ? "" : "; the finished clips are kept: continue with --resume");
}

}  // namespace

std::string render_rankings(const ScoresByAxis& scores, const data::SeenClips& seen) {
  std::string text;
  for (const auto& [axis, of_axis] : scores)
    text +=
        evaluation::render_ranking(evaluation::judge_systems(axis, evaluation::by_system(of_axis)), axis) +
        "\n";
  if (const std::string systems = seen.describe_systems(); !systems.empty()) text += systems + "\n\n";
  return text;
}

std::string render_resumed(const RunState& state) {
  std::string text = fmt::format("resumed: {} of {} clips were already done", state.resumed, state.clips);
  if (state.dropped > 0)
    text += fmt::format(
        "; {} line{} of the journal {} not used: damaged, of another clip, or of a file that has changed",
        state.dropped, state.dropped == 1 ? "" : "s", state.dropped == 1 ? "was" : "were");
  return text + "\n";
}

std::string render_run(const RunState& state, const std::string& model, const std::string& file,
                       const std::string& format) {
  const bool has_errors = holds_errors(format);
  std::string text =
      fmt::format("{} of {} clips scored with {}", state.done - state.failed, state.clips, model);
  if (state.failed > 0)
    text += fmt::format("; {} failed, {}", state.failed,
                        has_errors ? "see \"error\" in their rows" : "see above; the answer leaves them out");
  if (state.partly > 0)
    text += fmt::format("; {} of them only in part, because they have no prompt{}", state.partly,
                        has_errors ? "" : "; the answer leaves them out");
  if (state.noted > 0)
    text += fmt::format("; {} from files with something odd about them, see \"note\" in {}", state.noted,
                        format == "jsonl" ? "their rows" : "the rows of --format jsonl");
  if (state.unfamiliar > 0)
    text += fmt::format(
        "; {} of them lie outside the clips that its heads were trained on and were scored mostly by its encoder's own head",
        state.unfamiliar);
  if (state.familiarity.any()) text += "; " + evaluation::unfamiliar_text(state.familiarity);
  if (state.seen.seen > 0) text += "; " + state.seen.describe();
  return text + end_text(state, file) + "\n";
}

}  // namespace qamro::scoring
