#include "cli/system_inputs.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "cli/progress.h"
#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"

namespace qamro::cli {

scoring::ScoreColumns columns_of(const InputOptions& options, const std::vector<std::string>& axes) {
  return {options.key, options.system_column, axes};
}

scoring::SystemScoreSets SystemReader::read(const std::string& input) {
  const bool is_audio = std::filesystem::is_directory(input) || data::has_audio_extension(input);
  scoring::SystemScoreSets system =
      is_audio ? score(input) : scoring::system_of_file(input, columns_of(options_, axes_));
  for (const std::string& note : system.notes) std::cerr << note << "; the column is no axis\n";
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
  Progress progress("scoring " + input, static_cast<std::int64_t>(clips.size()));
  auto system = scoring::score_system(*predictor_, clips, scoring, [&] { progress.advance(); });
  progress.finish();
  if (predictor_->text_encoder() != nullptr && !system.has_prompts)
    std::cerr << fmt::format(
        "{}: no clip has a prompt (--prompts FILE, --prompt TEXT), so axes that need one get no scores\n",
        input);
  return system;
}

void warn_failures(const std::string& command, const scoring::SystemScoreSets& system) {
  if (system.failures.empty()) return;
  std::cerr << fmt::format("qamro {}: {} of {} clips of {} have no score: {}\n", command,
                           system.failures.size(), system.clips, system.name,
                           first_names(system.failures, "; "));
}

}  // namespace qamro::cli
