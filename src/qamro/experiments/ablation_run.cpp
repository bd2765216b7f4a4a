#include "qamro/experiments/ablation_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/experiments/ablation_files.h"
#include "qamro/experiments/ablation_tables.h"
#include "qamro/experiments/paper_layout.h"
#include "qamro/io/atomic_file.h"
#include "qamro/training/run_folder.h"

namespace qamro::experiments {
namespace {

using Json = nlohmann::ordered_json;

std::string folder_name(std::size_t number, const std::string& name) {
  constexpr std::size_t kMaxNameBytes = 100;
  std::string result = std::to_string(number + 1);
  bool gap = true;
  for (const char c : name.substr(0, kMaxNameBytes)) {
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_kept && gap) result += '_';
    if (is_kept) result += c;
    gap = !is_kept;
  }
  return result;
}

std::optional<std::size_t> find_reference(const std::vector<AblationJob>& jobs, const std::string& name) {
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if (jobs[i].name == name && !jobs[i].preference_factor) return i;
  return std::nullopt;
}

}  // namespace

std::vector<AblationJob> ablation_jobs(const training::Recipe& recipe, const std::filesystem::path& output) {
  std::vector<AblationJob> jobs;
  std::set<std::string> names;
  for (const training::AblationVariant& row : training::ablation_variants(recipe)) {
    if (!names.insert(row.name).second)
      throw InvalidInput(fmt::format("ablate: two variants are named '{}'", row.name));
    AblationJob job{row.name, row.preference_factor, recipe, output / folder_name(jobs.size(), row.name)};
    job.recipe.trainer.losses = row.losses;
    job.recipe.validate();
    jobs.push_back(std::move(job));
  }
  if (!recipe.ablate.reference.empty() && !find_reference(jobs, recipe.ablate.reference))
    throw InvalidInput(fmt::format("ablate.reference: expected the name of a row ({}), got '{}'",
                                   fmt::join(names, ", "), recipe.ablate.reference));
  return jobs;
}

std::string ablation_fingerprint(const std::vector<AblationJob>& jobs, const training::Dataset& dataset) {
  std::string all;
  for (const AblationJob& job : jobs) all += training::run_fingerprint(job.recipe, dataset);
  return sha256_hex(all);
}

std::int64_t max_total_epochs(const std::vector<AblationJob>& jobs,
                              const std::vector<training::Fold>& folds) {
  std::int64_t epochs = 0;
  for (const AblationJob& job : jobs)
    epochs += std::ssize(job.recipe.seeds) * std::ssize(folds) * job.recipe.trainer.max_epochs;
  return epochs;
}

std::vector<AblationScores> train_ablation(const std::vector<AblationJob>& jobs,
                                           const training::Dataset& dataset,
                                           const std::vector<training::Fold>& folds,
                                           const training::ExecutionOptions& options) {
  std::vector<training::LossVariant> losses;
  losses.reserve(jobs.size());
  for (const AblationJob& job : jobs) losses.push_back({job.recipe.trainer.losses, job.folder});
  const training::Recipe& recipe = jobs.front().recipe;
  const auto results = training::cross_validate_losses(recipe, losses, dataset, folds, options);
  std::vector<AblationScores> scores;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    training::write_out_of_fold(jobs[i].folder, jobs[i].recipe, dataset, results[i]);
    scores.push_back({jobs[i].name, jobs[i].preference_factor, results[i].out_of_fold, results[i].per_seed,
                      training::run_ends(jobs[i].recipe, results[i])});
  }
  // Done last, because the reference does not affect training: a resumed run may have another one.
  const auto reference =
      static_cast<std::ptrdiff_t>(find_reference(jobs, recipe.ablate.reference).value_or(0));
  std::rotate(scores.begin(), scores.begin() + reference, scores.begin() + reference + 1);
  return scores;
}

void write_ablation_results(const std::filesystem::path& output, const training::Recipe& recipe,
                            const training::Dataset& dataset, std::size_t folds,
                            const std::vector<AblationScope>& scopes, const std::vector<std::string>& notes) {
  io::write_json(output / "ablation.json", {{"provenance", training::provenance(recipe, dataset)},
                                            {"folds", folds},
                                            {"interval_over", recipe.split.group},
                                            {"bootstrap_resamples", recipe.ablate.bootstrap_resamples},
                                            {"permutations", recipe.ablate.permutations},
                                            {"results", ablation_json(scopes)},
                                            {"notes", notes}});
  io::write_result(output / "ablation.csv",
                   [&](std::ostream& stream) { write_ablation_csv(stream, scopes); });
  io::write_result(output / "ablation.md",
                   [&](std::ostream& stream) { write_ablation_markdown(stream, scopes, notes); });
  if (!recipe.ablate.preference_factors.empty())
    io::write_result(output / "preference_factor.csv",
                     [&](std::ostream& stream) { write_preference_factor_csv(stream, scopes); });
}

namespace {

using evaluation::ComparedLevel;
using evaluation::ComparedModel;
using Json = nlohmann::ordered_json;

struct Claim {
  const char* part;
  const char* with;
  const char* without;
};
constexpr std::array<Claim, 3> kClaims = {{{"ranking with a fixed margin", kFixedMargin, kRegressionOnly},
                                           {"the adaptive margin", kAdaptiveMargin, kFixedMargin},
                                           {"quality weighting", kQamro, kAdaptiveMargin}}};

const AblationScores* find(const std::vector<AblationScores>& scores, const char* name) {
  const auto found = std::ranges::find_if(
      scores, [&](const AblationScores& one) { return one.name == name && !one.preference_factor; });
  return found == scores.end() ? nullptr : &*found;
}

using StepAt = std::optional<StepLevel> AblationStep::*;

std::optional<StepLevel> step_level(const std::optional<ComparedLevel>& level) {
  if (!level || !level->metrics[kComparedMetric].difference) return std::nullopt;
  const auto& metric = level->metrics[kComparedMetric];
  return StepLevel{*metric.difference, metric.difference_interval, std::nullopt, level->units};
}

// models: the compared model of each step.
void add_step_tests(std::vector<AblationStep>& steps, StepAt at, std::span<const ComparedModel> models,
                    Level level, std::int64_t permutations) {
  const auto tests = corrected_tests(models, level, permutations);
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].*at) (steps[i].*at)->test = tests[i];
}

std::string answer(const StepLevel& level) {
  if (!level.test) return "cannot be told from chance";
  if (!level.test->can_show_difference()) return "undecided";
  if (!level.test->shows_difference()) return "cannot be told from chance";
  return level.difference > 0.0 ? "helps" : "hurts";
}

std::string level_text(const char* name, const std::optional<StepLevel>& level) {
  if (!level) return fmt::format("{} SRCC undefined", name);
  std::string text = fmt::format("{} SRCC {}", name, short_number(level->difference, 3, true));
  if (level->interval)
    text += fmt::format(" [{} {}]", short_number(level->interval->low, 2, true),
                        short_number(level->interval->high, 2, true));
  if (level->test) text += fmt::format(", p = {}", short_number(level->test->p, 3));
  return text + ": " + answer(*level);
}

Json level_json(const std::optional<StepLevel>& level) {
  if (!level) return nullptr;
  Json json = {{"srcc_difference", level->difference}};
  json["ci"] = level->interval ? Json{level->interval->low, level->interval->high} : Json(nullptr);
  json["p_holm"] = level->test ? Json(level->test->p) : Json(nullptr);
  json["smallest_p_holm"] = level->test ? Json(level->test->smallest_p) : Json(nullptr);
  json["verdict"] = answer(*level);
  return json;
}

}  // namespace

std::vector<ScopeSteps> ablation_steps(const training::Recipe& recipe, const training::Dataset& dataset,
                                       const std::vector<AblationScores>& scores) {
  std::vector<ScopeSteps> result;
  std::vector<std::vector<ComparedModel>> models;  // [scope][step]
  for (const Claim& claim : kClaims) {
    const AblationScores *with = find(scores, claim.with), *without = find(scores, claim.without);
    if (with == nullptr || without == nullptr) continue;
    // The second is compared with the first.
    const auto scopes = compare_scores(recipe, dataset, {*without, *with});
    result.resize(scopes.size());
    models.resize(scopes.size());
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      result[i].axis = scopes[i].axis;
      result[i].clips = scopes[i].clips;
      if (scopes[i].table.size() < 2) continue;
      const ComparedModel& model = models[i].emplace_back(scopes[i].table[1].model);
      result[i].steps.push_back(
          {claim.part, with->name, without->name, step_level(model.utterance), step_level(model.system)});
    }
  }
  const std::int64_t rounds = recipe.ablate.permutations;
  for (std::size_t i = 0; i < result.size(); ++i) {
    add_step_tests(result[i].steps, &AblationStep::utterance, models[i], &ComparedModel::utterance, rounds);
    add_step_tests(result[i].steps, &AblationStep::system, models[i], &ComparedModel::system, rounds);
  }
  return result;
}

namespace {

std::string needs_of_steps(const std::vector<AblationStep>& steps, const char* name, StepAt at,
                           const TestedUnits& units) {
  std::vector<std::optional<RowTest>> tests;
  std::size_t changing = 0;
  for (const AblationStep& step : steps) {
    tests.push_back(step.*at ? (step.*at)->test : std::nullopt);
    if (step.*at) changing = (step.*at)->units;
  }
  return needs_text(name, tests, changing, units);
}

}  // namespace

std::string render_steps(std::span<const ScopeSteps> scopes, const TestedUnits& units) {
  if (scopes.empty()) return "";
  std::string text = "What each part of the loss is worth\n\n", needs;
  for (const ScopeSteps& scope : scopes) {
    const std::string where = fmt::format("{}, {}", scope.axis, scope.clips);
    text += where + "\n";
    for (const AblationStep& step : scope.steps) {
      text += fmt::format("  {} ({} against {})\n", step.part, step.with, step.without);
      text += fmt::format("    {}\n", level_text("utterance", step.utterance));
      if (step.system) text += fmt::format("    {}\n", level_text("system", step.system));
    }
    const TestedUnits named{units.utterance, units.permutations, where + ": "};
    needs += needs_of_steps(scope.steps, "utterance", &AblationStep::utterance, named);
    needs += needs_of_steps(scope.steps, "system", &AblationStep::system, named);
  }
  return text +
         fmt::format(
             "95 % intervals from a paired bootstrap over {0}s, for new {0}s of these systems; p from a paired permutation of {0}s or of systems, Holm-corrected over the steps of a level.\n",
             units.utterance) +
         needs;
}

Json steps_json(std::span<const ScopeSteps> scopes) {
  Json result = Json::array();
  for (const ScopeSteps& scope : scopes) {
    Json steps = Json::array();
    for (const AblationStep& step : scope.steps)
      steps.push_back({{"part", step.part},
                       {"with", step.with},
                       {"without", step.without},
                       {"utterance", level_json(step.utterance)},
                       {"system", level_json(step.system)}});
    result.push_back({{"axis", scope.axis}, {"clips", scope.clips}, {"steps", steps}});
  }
  return result;
}

}  // namespace qamro::experiments
