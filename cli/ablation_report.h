#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "qamro/evaluation/model_comparison.h"

namespace qamro::cli {

// One axis over one choice of clips ("all clips", "without Reference").
struct AblationScope {
  std::string axis;
  std::string clips;
  std::vector<evaluation::ComparedModel> models;  // the first is what the others are compared with
};

// The paper's Table I layout, system and utterance level, and what the loss changes, as plain text.
std::string render_ablation(const std::vector<AblationScope>& scopes, const std::string& interval_unit);

nlohmann::ordered_json ablation_json(const std::vector<AblationScope>& scopes);

// One row a metric: axis, clips, model, level, n, metric, value, low, high, difference, its low and high.
void write_ablation_csv(std::ostream& stream, const std::vector<AblationScope>& scopes);

}  // namespace qamro::cli
