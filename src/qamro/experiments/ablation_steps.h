#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"

namespace qamro::experiments {

// One part that is added to the loss, and what it is worth: SRCC of the row with it minus that of the row
// without, paired on the same clips, folds and seeds.
struct StepLevel {
  double difference = 0.0;
  std::optional<evaluation::Interval> interval;
  std::optional<double> p_holm;  // two-sided, by bootstrap; Holm over the steps at this level
};

struct AblationStep {
  std::string part;  // "quality weighting"
  std::string with, without;
  std::optional<StepLevel> utterance, system;  // none where undefined
};

struct ScopeSteps {
  std::string axis, clips;
  std::vector<AblationStep> steps;
};

// The paper's claims one by one, of those whose two rows are among the scores: does ranking with a fixed
// margin help regression, the adaptive margin the fixed one, and quality weighting the adaptive margin?
// Bootstrap over the groups that the folds keep together. For each axis all clips, and those without
// ablate.exclude_systems.
std::vector<ScopeSteps> ablation_steps(const training::Recipe& recipe, const training::Dataset& dataset,
                                       const std::vector<AblationScores>& scores);

// A line a step and level: "quality weighting helps / cannot be told from chance / hurts: …".
std::string render_steps(std::span<const ScopeSteps> scopes, const std::string& unit);
nlohmann::ordered_json steps_json(std::span<const ScopeSteps> scopes);

}  // namespace qamro::experiments
