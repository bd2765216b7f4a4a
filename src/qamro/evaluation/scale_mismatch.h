#pragma once

#include <optional>
#include <span>
#include <string>

#include "qamro/statistics/bootstrap.h"

namespace qamro::evaluation {

// Labels and scores that seem to be on different scales, such as 0 to 100 and 1 to 5.
struct ScaleMismatch {
  statistics::Interval labels;  // lowest and highest
  statistics::Interval scores;
};

// Absent unless the two ranges share less than half of the wider one and the MSE is more than twice the
// labels' variance, which is the MSE of the best constant. Pairs with NaN do not count; fewer than three
// pairs, or labels that are all equal, say nothing.
std::optional<ScaleMismatch> find_scale_mismatch(std::span<const double> labels,
                                                 std::span<const double> scores);

// "labels lie between 3 and 98, scores between 1.2 and 4.9: if their scales differ, …"
std::string describe(const ScaleMismatch& mismatch);

}  // namespace qamro::evaluation
