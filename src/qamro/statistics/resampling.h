#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/random.h"

namespace qamro::statistics {

// What is random, and so what an interval says ("if the experiment were repeated with other ...").
//   kPoints   the points that a metric is taken over: clips at the utterance level, systems (with all their
//             clips) at the system level
//   kClips    other clips of the same systems: all clips are drawn (utterance level), or the clips within
//             each system (system level; every system stays in)
//   kSystems  other systems: whole systems are drawn, with all their clips, at both levels
//   kSystemsAndClips  whole systems are drawn, and clips within each. A drawn system's mean already carries
//             the noise of its clips, so at the system level this is wider than needed
//   kGroups   other groups (sentences, prompts, listeners): whole groups are drawn, and system means are
//             taken over the clips drawn; a system without any is left out of that resample
//   kNone     only the raters, if they are drawn
// If clips or raters are drawn below systems, resampled system means carry their noise twice, and
// correlations come out lower than the value. A percentile interval inherits this; an interval around the
// value (IntervalMethod::kStabilised) does not.
enum class ResamplingUnit { kPoints, kClips, kSystems, kSystemsAndClips, kGroups, kNone };

// Which clip belongs to what.
struct SampleLayout {
  std::size_t clips = 0;
  std::vector<std::uint32_t> system;      // [clip]
  std::vector<std::uint32_t> group;       // [clip]; empty: none
  std::vector<std::string> system_names;  // in the order of their first clip; one without a name if unknown
  std::size_t groups = 0;
  std::vector<std::uint32_t> by_system;     // clips ordered by system, in file order within each
  std::vector<std::uint32_t> system_begin;  // [systems + 1], into by_system
  std::vector<std::uint32_t> raters;        // [clip] how many; empty: none known

  std::size_t systems() const { return system_names.size(); }
  std::span<const std::uint32_t> clips_of(std::size_t system_number) const {
    return std::span(by_system).subspan(system_begin[system_number],
                                        system_begin[system_number + 1] - system_begin[system_number]);
  }
};

// systems and groups: one per clip, or empty.
SampleLayout sample_layout(std::size_t clips, std::span<const std::string> systems,
                           std::span<const std::string> groups);

enum class ClipDraw { kNone, kOverall, kWithinSystems, kByGroup };

struct ResamplingScheme {
  bool systems = false;
  ClipDraw clips = ClipDraw::kNone;
  bool raters = false;  // within each drawn clip, anew each time it is drawn

  bool operator==(const ResamplingScheme&) const = default;
};

ResamplingScheme utterance_scheme(ResamplingUnit unit, bool raters);
ResamplingScheme system_scheme(ResamplingUnit unit, bool raters);
// What is drawn for the intervals of systems: the clips of each system (or whole groups, or nothing), never
// the systems themselves.
ResamplingScheme scheme_of_systems(ResamplingUnit unit, bool raters);

// One resample. Its clips in order: the first drawn system's clips, each as many times as drawn, then the
// second system's …
struct Resample {
  std::vector<std::uint32_t> times;         // [clip] how many times in total
  std::vector<std::uint32_t> systems;       // drawn, with repetitions; every system once if none are drawn
  std::vector<std::uint32_t> system_times;  // for each drawn system's clips in order: how many times
  // For each drawn clip in order, one number u per rater, uniform in [0, 2^32); it draws rater number
  // u * raters >> 32. Empty unless raters are drawn.
  std::vector<std::uint32_t> rater_draws;

  // The sample itself, as a resample.
  static Resample all(const SampleLayout& layout);
};

void draw(const SampleLayout& layout, const ResamplingScheme& scheme, Random& random, Resample& resample);

// Which levels of the data are drawn, as a user asks for it.
struct ResamplingChoice {
  ResamplingUnit unit = ResamplingUnit::kPoints;
  bool raters = false;
  std::string group_column = {};  // for ResamplingUnit::kGroups
};

// "points", "clips", "systems", "systems+clips", "raters", or the name of a column whose groups are drawn
// whole; each but "raters" also with "+raters". Throws InvalidInput for an empty text and for any other
// with a '+'.
ResamplingChoice parse_resampling(const std::string& text);

// "clips within systems and raters within clips": what is drawn at a level.
std::string drawn_units(ResamplingUnit unit, bool raters, bool system_level);

}  // namespace qamro::statistics
