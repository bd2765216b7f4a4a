#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/statistics/bootstrap.h"

namespace qamro::evaluation {

struct RankedSystem {
  std::string system;
  std::size_t clips = 0;
  double mean = 0;
  std::optional<statistics::Interval> interval;  // statistics::mean_interval(); absent for a single clip
  std::size_t rank = 0;                          // from 1, best mean first; equal means share a rank
  // Rising, numbered from 0: see statistics::tie_groups(). Two systems share one if and only if they cannot
  // be told apart.
  std::vector<std::size_t> groups = {};
};

bool share_a_group(const RankedSystem& a, const RankedSystem& b);

// "a", "ab", "ac"; four or more letters in a row as "a-d"; after z come a', then a'' …
std::string tie_letters(const RankedSystem& system);

}  // namespace qamro::evaluation
