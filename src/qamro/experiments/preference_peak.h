#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_tables.h"

namespace qamro::experiments {

// Where the curve over preference factors is highest, and whether that is more than chance.
struct PreferencePeak {
  std::string axis, clips;
  std::string level;            // "system" (the paper's) or "utterance"
  std::vector<double> highest;  // the factors that share the highest SRCC
  double srcc = 0.0;            // of them
  std::size_t factors = 0;      // with an SRCC
  double lowest = 0.0;          // the factor with the lowest SRCC; the first of equal ones
  double lowest_srcc = 0.0;
  // The first of the highest against the lowest, corrected for the choice of these two among all pairs of
  // factors (Bonferroni). Absent if all are equal.
  std::optional<RowTest> test;

  bool is_tie() const { return highest.size() == factors; }
};

// For each axis and choice of clips: systems, if they are known, then utterances. Empty if no factors were
// swept.
std::vector<PreferencePeak> preference_peaks(const training::Recipe& recipe, const training::Dataset& dataset,
                                             const std::vector<AblationScores>& scores,
                                             const std::vector<AblationScope>& scopes);

// One sentence per peak, beside the paper's peak. A peak that cannot be told from chance is no peak.
std::string render_peaks(std::span<const PreferencePeak> peaks);
nlohmann::ordered_json peaks_json(std::span<const PreferencePeak> peaks);

}  // namespace qamro::experiments
