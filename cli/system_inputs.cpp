#include "cli/system_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "cli/progress.h"
#include "qamro/data/audio_folder.h"
#include "qamro/scoring/score_clips.h"

namespace qamro::cli {

scoring::SystemScoreSets SystemReader::read(const std::string& input) {
  const bool is_audio = std::filesystem::is_directory(input) || data::has_audio_extension(input);
  scoring::SystemScoreSets system = is_audio ? score(input) : scoring::system_of_file(input);
  system.name = input.size() > 1 && input.ends_with('/') ? input.substr(0, input.size() - 1) : input;
  return system;
}

scoring::SystemScoreSets SystemReader::score(const std::string& input) {
  if (!predictor_) predictor_ = open_model(options_);
  InputOptions own = options_;
  own.inputs = {input};
  const std::vector<data::Clip> clips = read_clips(own);
  const scoring::ScoringOptions scoring{.encoding =
                                            encoding_options(own, predictor_->description().mono_policy)};
  std::vector<scoring::ClipScores> scores;
  Progress progress("scoring " + input, static_cast<std::int64_t>(clips.size()));
  scoring::score_clips(*predictor_, clips, scoring, [&](scoring::ClipScores&& clip) {
    progress.advance();
    scores.push_back(std::move(clip));
    return true;
  });
  progress.finish();
  const bool any_prompt = std::any_of(clips.begin(), clips.end(),
                                      [](const auto& clip) { return clip.error.empty() && clip.prompt; });
  if (predictor_->text_encoder() != nullptr && !any_prompt)
    std::cerr << fmt::format(
        "{}: no clip has a prompt (--prompts FILE, --prompt TEXT), so axes that need one get no scores\n",
        input);
  return scoring::system_of_clips(scores, predictor_->axis_names());
}

void warn_failures(const std::string& command, const scoring::SystemScoreSets& system) {
  constexpr std::size_t kMaxNamed = 5;
  if (system.failures.empty()) return;
  std::vector<std::string> named = system.failures;
  named.resize(std::min(named.size(), kMaxNamed));
  std::cerr << fmt::format("qamro {}: {} of {} clips of {} have no score: {}{}\n", command,
                           system.failures.size(), system.clips, system.name, fmt::join(named, "; "),
                           system.failures.size() > kMaxNamed ? "; ..." : "");
}

}  // namespace qamro::cli
