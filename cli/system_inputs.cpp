#include "cli/system_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <set>
#include <span>

#include "cli/clip_prompts.h"
#include "cli/progress.h"
#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"
#include "qamro/data/axis_name.h"
#include "qamro/data/ratings.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/registry.h"

namespace qamro::cli {
namespace {

namespace fs = std::filesystem;

bool is_audio(const std::string& input) {
  return fs::is_directory(input) || data::has_audio_extension(input);
}

std::string item_of(const std::string& path) {
  const fs::path file = path;
  return data::has_audio_extension(file) ? file.stem().string() : file.filename().string();
}

void add_score(SystemScoreSets& system, const std::string& axis, double score, const std::string& path) {
  evaluation::ScoreSet& set = system.axes[axis];
  set.scores.push_back(score);
  set.items.push_back(item_of(path));
}

// If two clips have the same name, they cannot be matched to clips of another system.
void drop_ambiguous_items(SystemScoreSets& system) {
  for (auto& [axis, set] : system.axes)
    if (std::set(set.items.begin(), set.items.end()).size() != set.items.size()) set.items.clear();
}

void add_row(SystemScoreSets& system, const data::RatingTable& table, const data::RatingRow& row) {
  ++system.clips;
  if (!row.error.empty()) {
    system.failures.push_back(fmt::format("{}: {}", row.key, row.error));
    return;
  }
  bool complete = true;
  for (std::size_t axis = 0; axis < table.axes.size(); ++axis) {
    complete &= !std::isnan(row.values[axis]);
    if (!std::isnan(row.values[axis]))
      add_score(system, std::string(data::short_axis_name(table.axes[axis])), row.values[axis], row.key);
  }
  if (!complete) system.failures.push_back(fmt::format("{} '{}': no number", table.where(row), row.key));
}

}  // namespace

SystemScoreSets SystemReader::read(const std::string& input) {
  SystemScoreSets system;
  if (is_audio(input)) {
    system = score(input);
  } else {
    const data::RatingTable table = data::read_ratings(input, {.role = data::RatingRole::kPredictions});
    for (const data::RatingRow& row : table.rows) add_row(system, table, row);
  }
  system.name = input.size() > 1 && input.ends_with('/') ? input.substr(0, input.size() - 1) : input;
  drop_ambiguous_items(system);
  return system;
}

std::vector<SystemScoreSets> SystemReader::read_systems(const std::string& file) {
  const data::RatingTable table = data::read_ratings(file, {.role = data::RatingRole::kPredictions});
  std::vector<SystemScoreSets> systems;
  std::map<std::string, std::size_t> position;
  for (const data::RatingRow& row : table.rows) {
    if (row.system.empty()) continue;
    const auto [found, is_new] = position.try_emplace(row.system, systems.size());
    if (is_new) systems.emplace_back().name = row.system;
    add_row(systems[found->second], table, row);
  }
  for (SystemScoreSets& system : systems) drop_ambiguous_items(system);
  return systems;
}

SystemScoreSets SystemReader::score(const std::string& input) {
  if (!predictor_) {
    predictor_ = models::open_predictor(options_.model.empty() ? models::kDefaultModel : options_.model,
                                        compute_of(options_));
    check_prompts(*predictor_, options_);
  }
  InputOptions own = options_;
  own.inputs = {input};
  const std::vector<data::Clip> clips = read_clips(own);
  const auto encoding = encoding_options(own, predictor_->description().mono_policy);
  const models::EncodedPrompts prompts = encode_prompts(*predictor_, clips, encoding.threads);
  SystemScoreSets system;
  system.clips = clips.size();
  Progress progress("scoring " + input, static_cast<std::int64_t>(clips.size()));
  models::encode_clips(predictor_->encoder(), clips, encoding,
                       [&](std::size_t index, models::EncodedClip&& encoded) {
                         progress.advance();
                         add_clip(system, {clips[index], encoded, prompt_of(clips[index], prompts)},
                                  /*expects_prompt=*/!prompts.empty());
                         return true;
                       });
  progress.finish();
  if (predictor_->text_encoder() != nullptr && prompts.empty())
    std::cerr << fmt::format(
        "{}: no clip has a prompt (--prompts FILE, --prompt TEXT): no scores of what needs one\n", input);
  return system;
}

void SystemReader::add_clip(SystemScoreSets& system, const ScoredClip& clip, bool expects_prompt) const {
  const std::string& path = clip.clip.path_as_given;
  if (!clip.encoded.error.empty()) {
    system.failures.push_back(fmt::format("{}: {}", path, clip.encoded.error));
    return;
  }
  const Row row = score_row(clip, *predictor_);
  for (const auto& axis : predictor_->axes()) {
    const auto score = row.at(axis.name).get<double>();
    if (!std::isnan(score)) add_score(system, axis.name, score, path);
  }
  if (expects_prompt && row.contains("error")) system.failures.push_back(row.at("error").get<std::string>());
}

std::vector<std::string> common_axes(const std::vector<const SystemScoreSets*>& systems,
                                     const std::vector<std::string>& wanted) {
  std::vector<std::string> axes = wanted;
  for (const auto& [axis, set] : systems.front()->axes)
    if (wanted.empty() && std::all_of(systems.begin(), systems.end(), [&name = axis](const auto* system) {
          return system->axes.contains(name);
        }))
      axes.push_back(axis);
  for (const SystemScoreSets* system : systems)
    for (const std::string& axis : wanted)
      if (!system->axes.contains(axis))
        throw InvalidInput(fmt::format("{}: expected scores of an axis '{}', got none", system->name, axis));
  if (axes.empty()) {
    std::vector<std::string> names;
    for (const SystemScoreSets* system : systems) names.push_back(system->name);
    throw InvalidInput(fmt::format("{}: expected scores of a common axis, got none", fmt::join(names, ", ")));
  }
  return axes;
}

void warn_failures(const std::string& command, const SystemScoreSets& system) {
  constexpr std::size_t kMostNamed = 5;
  if (system.failures.empty()) return;
  std::vector<std::string> named = system.failures;
  named.resize(std::min(named.size(), kMostNamed));
  std::cerr << fmt::format("qamro {}: {} of {} clips of {} have no score: {}{}\n", command,
                           system.failures.size(), system.clips, system.name, fmt::join(named, "; "),
                           system.failures.size() > kMostNamed ? "; ..." : "");
}

}  // namespace qamro::cli
