#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "qamro/core/export.h"
#include "qamro/losses/option_checks.h"

namespace qamro::losses {

// The quality of the labels in [low, high), or in [low, high] if the table's range ends at high.
struct QAMRO_API QualityInterval {
  double low = 0, high = 0, value = 0;
};

// Gives each label the quality of its interval, or 0 if it is in none. Labels outside of `range` count as
// missing. The qualities are min-max normalised over the batch before they become weights.
struct QAMRO_API QualityTable {
  std::vector<QualityInterval> intervals;
  std::array<double, 2> range = {1.0, 10.0};

  // The published track 2 tables. axis: "PQ", "PC", "CE" or "CU". Throws InvalidInput for another.
  static QualityTable published(std::string_view axis);
  // Throws InvalidInput if intervals are empty, overlap, leave the range or have a value below 0.
  void validate() const;
};

// Which pairs count, if the caller gives groups (prompts, listening tests).
enum class PairScope { kAll, kWithinGroups, kAcrossGroups };

// The pairwise ranking loss of QAMRO (arXiv 2508.08957, section II-A), over all pairs of the batch with y_i
// != y_j:
//
//   mean of  w_ij * relu(margin + margin_scale * |y_i - y_j| - sign(y_i - y_j) * (p_i - p_j))
//   w_ij = 1 + (preference_factor - 1) * max(q_i, q_j),  q = y min-max normalised over the batch's labels
//
// The defaults are the paper's QAMRO (Eq. 2 and 3).
struct QAMRO_API RankingOptions {
  double margin = 0.0;             // fixed part of the margin, in units of the score; any finite number
  double margin_scale = 0.2;       // alpha of Eq. 2, >= 0; 0 switches the adaptive margin off
  double preference_factor = 7.0;  // Eq. 3, >= 0; 1 switches the quality weighting off
  Reduction reduction = Reduction::kMean;
  // q = (y - low) / (high - low), so that a pair's weight does not depend on the rest of the batch; labels
  // outside of [low, high] are refused. Not together with a table.
  std::optional<std::array<double, 2>> quality_range = {};
  std::optional<QualityTable> quality_table = {};
  PairScope scope = PairScope::kAll;

  // Eq. 1: one margin and one weight for all pairs.
  static RankingOptions fixed_margin(double margin);
  // Eq. 2 with w = 1: the ablation "without quality-aware weighting".
  static RankingOptions adaptive_margin(double margin_scale = 0.2);
  // Eq. 2 and 3.
  static RankingOptions qamro(double margin_scale = 0.2, double preference_factor = 7.0);

  // Throws InvalidInput, which names the option.
  void validate() const;
};

}  // namespace qamro::losses
