#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"

namespace qamro::experiments {

// What one part of the loss is worth at one level: SRCC of the row with it minus SRCC of the row without it,
// paired on the same clips, folds and seeds.
struct StepLevel {
  double difference = 0.0;
  std::optional<statistics::Interval> interval;
  std::optional<double> p_holm;  // two-sided, by bootstrap; Holm over the steps at this level
};

struct AblationStep {
  std::string part;  // "quality weighting"
  std::string with, without;
  std::optional<StepLevel> utterance, system;  // absent if undefined
};

struct ScopeSteps {
  std::string axis, clips;
  std::vector<AblationStep> steps;
};

// The paper's claims one by one, if both rows of a claim are among the scores: does ranking with a fixed
// margin improve on regression, the adaptive margin on the fixed one, and quality weighting on the
// adaptive margin? Bootstrap over the groups that the folds keep together. For each axis: all clips, and
// the clips without ablate.exclude_systems.
std::vector<ScopeSteps> ablation_steps(const training::Recipe& recipe, const training::Dataset& dataset,
                                       const std::vector<AblationScores>& scores);

// One line per step and level, which ends with "helps", "cannot be told from chance" or "hurts".
std::string render_steps(std::span<const ScopeSteps> scopes, const std::string& unit);
nlohmann::ordered_json steps_json(std::span<const ScopeSteps> scopes);

}  // namespace qamro::experiments
