#include "qamro/experiments/ablation_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "qamro/experiments/ablation_tables.h"
#include "qamro/experiments/paper_tables.h"
#include "qamro/statistics/multiple_comparisons.h"

namespace qamro::experiments {
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

std::optional<StepLevel> step_level(const std::optional<ComparedLevel>& level) {
  if (!level || !level->metrics[kComparedMetric].difference) return std::nullopt;
  const auto& metric = level->metrics[kComparedMetric];
  return StepLevel{*metric.difference, metric.difference_bootstrap.interval,
                   metric.difference_bootstrap.p_zero};
}

void adjust(std::vector<AblationStep>& steps, std::optional<StepLevel> AblationStep::*level) {
  std::vector<std::optional<double>> p;
  for (const AblationStep& step : steps)
    p.push_back(step.*level ? (step.*level)->p_holm : std::optional<double>());
  p = statistics::holm_adjusted(p);
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].*level) (steps[i].*level)->p_holm = p[i];
}

std::string answer(const StepLevel& level) {
  if (!level.p_holm || *level.p_holm > kSignificance) return "cannot be told from chance";
  return level.difference > 0.0 ? "helps" : "hurts";
}

std::string level_text(const char* name, const std::optional<StepLevel>& level) {
  if (!level) return fmt::format("{} SRCC undefined", name);
  std::string text = fmt::format("{} SRCC {}", name, short_number(level->difference, 3, true));
  if (level->interval)
    text += fmt::format(" [{} {}]", short_number(level->interval->low, 2, true),
                        short_number(level->interval->high, 2, true));
  if (level->p_holm) text += fmt::format(", p = {}", short_number(*level->p_holm, 3));
  return text + ": " + answer(*level);
}

Json level_json(const std::optional<StepLevel>& level) {
  if (!level) return nullptr;
  Json json = {{"srcc_difference", level->difference}};
  json["ci"] = level->interval ? Json{level->interval->low, level->interval->high} : Json(nullptr);
  json["p_holm"] = level->p_holm ? Json(*level->p_holm) : Json(nullptr);
  json["verdict"] = answer(*level);
  return json;
}

}  // namespace

std::vector<ScopeSteps> ablation_steps(const training::Recipe& recipe, const training::Dataset& dataset,
                                       const std::vector<AblationScores>& scores) {
  std::vector<ScopeSteps> result;
  for (const Claim& claim : kClaims) {
    const AblationScores *with = find(scores, claim.with), *without = find(scores, claim.without);
    if (with == nullptr || without == nullptr) continue;
    // The second is compared with the first.
    const auto scopes = compare_scores(recipe, dataset, {*without, *with});
    result.resize(scopes.size());
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      result[i].axis = scopes[i].axis;
      result[i].clips = scopes[i].clips;
      if (scopes[i].table.size() < 2) continue;
      const ComparedModel& model = scopes[i].table[1].model;
      result[i].steps.push_back(
          {claim.part, with->name, without->name, step_level(model.utterance), step_level(model.system)});
    }
  }
  for (ScopeSteps& scope : result) {
    adjust(scope.steps, &AblationStep::utterance);
    adjust(scope.steps, &AblationStep::system);
  }
  return result;
}

std::string render_steps(std::span<const ScopeSteps> scopes, const std::string& unit) {
  if (scopes.empty()) return "";
  std::string text = "What each part of the loss is worth\n\n";
  for (const ScopeSteps& scope : scopes) {
    text += fmt::format("{}, {}\n", scope.axis, scope.clips);
    for (const AblationStep& step : scope.steps) {
      text += fmt::format("  {} ({} against {})\n", step.part, step.with, step.without);
      text += fmt::format("    {}\n", level_text("utterance", step.utterance));
      if (step.system) text += fmt::format("    {}\n", level_text("system", step.system));
    }
  }
  return text +
         fmt::format(
             "95 % intervals and p-values from a paired bootstrap over {}s; p is Holm-corrected over the steps of a level.\n",
             unit);
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
