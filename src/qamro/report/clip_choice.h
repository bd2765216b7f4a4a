#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace qamro::report {

// Clips worth hearing, best, worst or most surprising first; numbers of clips.
struct ClipChoice {
  std::vector<std::size_t> best;   // by prediction
  std::vector<std::size_t> worst;  // by prediction; none that is among the best
  // With labels: those whose places among all clips by label and by prediction are furthest apart, which
  // holds whatever the scales are. Without: those furthest from the mean prediction of their system, where it
  // has more clips.
  std::vector<std::size_t> surprising;
};

// At most `count` each, of the clips with a prediction (and, where any clip has a label, a label); of equal
// ones the first. labels: as many as predictions, NaN: none. systems: a number for each clip, or empty.
ClipChoice choose_clips(std::span<const double> labels, std::span<const double> predictions,
                        std::span<const std::size_t> systems, std::size_t count);

// At most `most` of the given clips, in their order: `wanted` ones first of all, the rest at random (always
// the same).
std::vector<std::size_t> sample_clips(std::span<const std::size_t> clips, std::span<const std::size_t> wanted,
                                      std::size_t most);

}  // namespace qamro::report
