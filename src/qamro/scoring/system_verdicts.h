#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "qamro/evaluation/gate.h"
#include "qamro/evaluation/system_comparison.h"
#include "qamro/scoring/system_scores.h"

namespace qamro::scoring {

// What a system must fulfil to pass.
struct GateConditions {
  std::vector<evaluation::AxisMinimum> minima = {};
  std::vector<std::string> axes = {};  // to compare with the baseline; empty: all that both have
  std::size_t allowed_failures = 0;    // clips that may have no score
  evaluation::GateOptions gate = {};
};

// Checks the candidate against the minima, then against the baseline (null: none), then the number of its
// clips without a score (only if there is one). Throws InvalidInput for options out of their range, and if a
// system lacks an axis that is asked for or both have none in common.
std::vector<evaluation::GateCheck> check_system(const SystemScoreSets& candidate,
                                                const SystemScoreSets* baseline,
                                                const GateConditions& conditions);

// Compares the systems on one axis, which all of them must have. Throws as evaluation::judge_systems(), and
// std::out_of_range if a system lacks the axis.
evaluation::SystemVerdict judge_axis(const std::vector<SystemScoreSets>& systems, const std::string& axis,
                                     const statistics::MeanTestOptions& options = {},
                                     const evaluation::NoticeOptions& notice = {}, int threads = 0);

}  // namespace qamro::scoring
