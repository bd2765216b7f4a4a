#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace qamro::report {

// Numbers of clips worth hearing; the best, worst or most surprising first.
struct ClipChoice {
  std::vector<std::size_t> best;   // by prediction
  std::vector<std::size_t> worst;  // by prediction; none that is among the best
  // With labels: the clips whose places by label and by prediction are furthest apart, which works on any
  // scales. Without labels: the clips furthest from the mean prediction of their system. Clips without any
  // distance are left out.
  std::vector<std::size_t> surprising;
};

// Chooses at most `count` clips per list, from the clips with a prediction (and, if any clip has a label, a
// label); among equal clips, the first. labels: as many as predictions; NaN: no label. systems: a number per
// clip; empty: one system.
ClipChoice choose_clips(std::span<const double> labels, std::span<const double> predictions,
                        std::span<const std::size_t> systems, std::size_t count);

// Chooses at most `max_size` of the given clips and keeps their order: first the `wanted` ones, then random
// ones (always the same).
std::vector<std::size_t> sample_clips(std::span<const std::size_t> clips, std::span<const std::size_t> wanted,
                                      std::size_t max_size);

}  // namespace qamro::report
