#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// One axis: the clips that have both numbers, in file order, with systems and groups as indices.
struct AxisSample {
  std::string axis;
  std::vector<double> prediction;         // [clip]
  std::vector<double> label;              // [clip]
  std::vector<std::uint32_t> system;      // [clip]; empty: not known
  std::vector<std::uint32_t> group;       // [clip]; empty: none
  std::vector<std::string> system_names;  // in the order of their first clip
  std::size_t groups = 0;
  std::optional<std::vector<double>> truth;  // [system], when given

  std::size_t clips() const { return label.size(); }
};

// Throws InvalidInput when `truth` lacks a system.
AxisSample axis_sample(const JoinedScores& scores, std::size_t axis, const std::optional<SystemTruth>& truth);

// Two series to correlate.
struct Pairs {
  std::vector<double> prediction;
  std::vector<double> label;
};

// Each clip as often as `counts` says.
Pairs clip_pairs(const AxisSample& sample, std::span<const std::uint32_t> counts);

// The systems' means over their clips, each clip as often as `clip_counts` says and added in file order, each
// system as often as `system_counts` says; systems without a clip are left out.
Pairs system_pairs(const AxisSample& sample, std::span<const std::uint32_t> clip_counts,
                   std::span<const std::uint32_t> system_counts, std::optional<int> decimals);

}  // namespace qamro::evaluation
