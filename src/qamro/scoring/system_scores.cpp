#include "qamro/scoring/system_scores.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"
#include "qamro/data/column_names.h"
#include "qamro/data/ratings.h"
#include "qamro/data/training_clips.h"
#include "qamro/models/predictor.h"
#include "qamro/scoring/system_conditions.h"

namespace qamro::scoring {
namespace {

void add_score(SystemScoreSets& system, const std::string& axis, double score, const std::string& path) {
  statistics::ScoreSet& set = system.axes[axis];
  set.scores.push_back(score);
  set.items.push_back(data::item_of_path(path));
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
  system.conditions.push_back(conditions_of(table, row));
  system.in_training += data::is_in_training(table, row) ? 1 : 0;
  bool complete = true;
  for (std::size_t axis = 0; axis < table.axes.size(); ++axis) {
    complete &= !std::isnan(row.values[axis]);
    if (!std::isnan(row.values[axis]))
      add_score(system, std::string(data::short_axis_name(table.axes[axis])), row.values[axis], row.key);
  }
  if (!complete)
    system.failures.push_back(fmt::format("{} '{}': an axis has no score", table.where(row), row.key));
}

void add_clip(SystemScoreSets& system, const ClipScores& scores, const std::vector<std::string>& axes) {
  const std::string& path = scores.clip.path_as_given;
  if (scores.scores.empty()) {
    system.failures.push_back(fmt::format("{}: {}", path, scores.error));
    return;
  }
  system.conditions.push_back(conditions_of(scores));
  system.in_training += scores.in_training ? 1 : 0;
  for (std::size_t axis = 0; axis < axes.size(); ++axis)
    if (!std::isnan(scores.scores[axis])) add_score(system, axes[axis], scores.scores[axis], path);
  if (system.has_prompts && !scores.error.empty()) system.failures.push_back(scores.error);
}

data::RatingTable read_scores(const std::string& file, const ScoreColumns& columns) {
  return data::read_ratings(file, {.more_axes = columns.axes,
                                   .key = columns.key,
                                   .system = columns.system,
                                   .columns_may_lack = true,
                                   .role = data::RatingRole::kPredictions});
}

}  // namespace

void add_to_ranking(ScoresByAxis& ranking, const ClipScores& scores, const std::vector<std::string>& axes) {
  if (!scores.clip.system) return;
  for (std::size_t axis = 0; axis < scores.scores.size(); ++axis) {
    if (!std::isfinite(scores.scores[axis])) continue;
    evaluation::SystemScores& of_axis = ranking[axes[axis]];
    of_axis.systems.push_back(*scores.clip.system);
    of_axis.scores.push_back(scores.scores[axis]);
    of_axis.items.push_back(data::item_of_path(scores.clip.path_as_given));
  }
}

SystemScoreSets system_of_clips(const std::vector<ClipScores>& clips, const std::vector<std::string>& axes) {
  SystemScoreSets system;
  system.clips = clips.size();
  system.has_prompts = std::any_of(clips.begin(), clips.end(), [](const ClipScores& scores) {
    return scores.clip.error.empty() && scores.clip.prompt;
  });
  for (const ClipScores& scores : clips) add_clip(system, scores, axes);
  drop_ambiguous_items(system);
  return system;
}

SystemScoreSets score_system(const models::Predictor& predictor, std::span<const data::Clip> clips,
                             const ScoringOptions& options, const std::function<void()>& on_clip) {
  std::vector<ClipScores> scores;
  score_clips(predictor, clips, options, [&](ClipScores&& clip) {
    scores.push_back(std::move(clip));
    if (on_clip) on_clip();
    return true;
  });
  return system_of_clips(scores, predictor.axis_names());
}

SystemScoreSets system_of_file(const std::string& file, const ScoreColumns& columns) {
  SystemScoreSets system;
  const data::RatingTable table = read_scores(file, columns);
  for (const data::LeftOutColumn& column : table.left_out)
    if (!column.bad_cell.empty()) system.notes.push_back(column.bad_cell);
  for (const data::RatingRow& row : table.rows) add_row(system, table, row);
  drop_ambiguous_items(system);
  return system;
}

std::vector<SystemScoreSets> systems_of_file(const std::string& file, const ScoreColumns& columns) {
  const data::RatingTable table = read_scores(file, columns);
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

data::SeenClips seen_clips(const std::vector<const SystemScoreSets*>& systems) {
  data::SeenClips seen;
  for (const SystemScoreSets* system : systems)
    for (std::size_t clip = 0; clip < system->clips; ++clip)
      seen.add(system->name, clip < system->in_training);
  return seen;
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
    names.reserve(systems.size());
    for (const SystemScoreSets* system : systems) names.push_back(system->name);
    throw InvalidInput(fmt::format("{}: expected scores of a common axis, got none", fmt::join(names, ", ")));
  }
  return axes;
}

namespace {

evaluation::GateCheck check_failures(const SystemScoreSets& system, std::size_t allowed) {
  evaluation::GateCheck check;
  check.outcome =
      system.failures.size() <= allowed ? evaluation::GateOutcome::kPass : evaluation::GateOutcome::kFail;
  check.what = fmt::format("{} of {} clips have no score", system.failures.size(), system.clips);
  return check;
}

}  // namespace

std::vector<evaluation::GateCheck> check_system(const SystemScoreSets& candidate,
                                                const SystemScoreSets* baseline,
                                                const GateConditions& conditions) {
  std::vector<evaluation::GateCheck> checks;
  for (const auto& [axis, minimum] : conditions.minima) {
    common_axes({&candidate}, {axis});  // throws, saying what is missing
    checks.push_back(evaluation::check_minimum(axis, candidate.axes.at(axis), minimum, conditions.gate));
  }
  if (baseline != nullptr) {
    std::vector<evaluation::GatePair> pairs;
    for (const std::string& axis : common_axes({&candidate, baseline}, conditions.axes))
      pairs.push_back({axis, candidate.axes.at(axis), baseline->axes.at(axis)});
    std::ranges::move(evaluation::check_not_worse(pairs, conditions.gate), std::back_inserter(checks));
  }
  if (!candidate.failures.empty()) checks.push_back(check_failures(candidate, conditions.allowed_failures));
  return checks;
}

evaluation::SystemVerdict judge_axis(const std::vector<SystemScoreSets>& systems, const std::string& axis,
                                     const statistics::MeanTestOptions& options,
                                     const evaluation::NoticeOptions& notice, int threads) {
  std::vector<evaluation::ComparedSystem> compared;
  compared.reserve(systems.size());
  for (const SystemScoreSets& system : systems) compared.push_back({system.name, system.axes.at(axis)});
  return evaluation::judge_systems(axis, compared, options, notice, threads);
}

}  // namespace qamro::scoring
