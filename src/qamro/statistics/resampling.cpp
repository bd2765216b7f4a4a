#include "qamro/statistics/resampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "qamro/core/error.h"

namespace qamro::statistics {
namespace {

// Numbers the names in the order of their first appearance.
std::vector<std::uint32_t> numbered(std::span<const std::string> values, std::vector<std::string>& names) {
  std::unordered_map<std::string, std::uint32_t> number;
  std::vector<std::uint32_t> result;
  result.reserve(values.size());
  for (const std::string& value : values) {
    const auto [found, is_new] = number.try_emplace(value, static_cast<std::uint32_t>(names.size()));
    if (is_new) names.push_back(value);
    result.push_back(found->second);
  }
  return result;
}

void sort_by_system(SampleLayout& layout) {
  layout.system_begin.assign(layout.systems() + 1, 0);
  for (const std::uint32_t system : layout.system) ++layout.system_begin[system + 1];
  std::partial_sum(layout.system_begin.begin(), layout.system_begin.end(), layout.system_begin.begin());
  std::vector<std::uint32_t> next(layout.system_begin.begin(), layout.system_begin.end() - 1);
  layout.by_system.resize(layout.clips);
  for (std::size_t clip = 0; clip < layout.clips; ++clip)
    layout.by_system[next[layout.system[clip]]++] = static_cast<std::uint32_t>(clip);
}

// Two 32-bit draws from each 64-bit number. The bias is 2^-32 of a unit, which no bootstrap can see.
class FastDraws {
 public:
  explicit FastDraws(Random& random) : random_(random) {}

  std::uint32_t bits() {
    if (has_half_) {
      has_half_ = false;
      return half_;
    }
    const std::uint64_t both = random_.next();
    half_ = static_cast<std::uint32_t>(both);
    has_half_ = true;
    return static_cast<std::uint32_t>(both >> 32);
  }
  std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>((bits() * bound) >> 32); }

 private:
  Random& random_;
  std::uint32_t half_ = 0;
  bool has_half_ = false;
};

void draw_times(std::size_t n, FastDraws& draws, std::span<std::uint32_t> times) {
  for (std::size_t i = 0; i < n; ++i) ++times[draws.below(n)];
}

// Sets `times` of the clips first; `system_times` follows from it.
void draw_clips(const SampleLayout& layout, ClipDraw clips, FastDraws& draws, Resample& resample) {
  if (clips == ClipDraw::kByGroup) {
    std::vector<std::uint32_t> group_times(layout.groups);
    draw_times(layout.groups, draws, group_times);
    for (std::size_t clip = 0; clip < layout.clips; ++clip)
      resample.times[clip] = group_times[layout.group[clip]];
  } else {
    draw_times(layout.clips, draws, resample.times);
  }
  resample.system_times.resize(layout.clips);
  for (std::size_t i = 0; i < layout.clips; ++i)
    resample.system_times[i] = resample.times[layout.by_system[i]];
}

// The systems are already set; takes their clips once each, or draws them.
void take_systems(const SampleLayout& layout, bool draw_within, FastDraws& draws, Resample& resample) {
  std::size_t size = 0;
  for (const std::uint32_t system : resample.systems) size += layout.clips_of(system).size();
  resample.system_times.assign(size, draw_within ? 0 : 1);
  std::size_t begin = 0;
  for (const std::uint32_t system : resample.systems) {
    const auto clips = layout.clips_of(system);
    const auto own = std::span(resample.system_times).subspan(begin, clips.size());
    if (draw_within) draw_times(clips.size(), draws, own);
    for (std::size_t i = 0; i < clips.size(); ++i) resample.times[clips[i]] += own[i];
    begin += clips.size();
  }
}

void draw_raters(const SampleLayout& layout, FastDraws& draws, Resample& resample) {
  std::size_t i = 0;
  for (const std::uint32_t system : resample.systems)
    for (const std::uint32_t clip : layout.clips_of(system)) {
      const std::size_t count = std::size_t{resample.system_times[i++]} * layout.raters[clip];
      for (std::size_t draw = 0; draw < count; ++draw) resample.rater_draws.push_back(draws.bits());
    }
}

}  // namespace

SampleLayout sample_layout(std::size_t clips, std::span<const std::string> systems,
                           std::span<const std::string> groups) {
  SampleLayout layout;
  layout.clips = clips;
  if (systems.empty()) {
    layout.system.assign(clips, 0);
    layout.system_names = {""};
  } else {
    layout.system = numbered(systems, layout.system_names);
  }
  std::vector<std::string> group_names;
  layout.group = numbered(groups, group_names);
  layout.groups = group_names.size();
  sort_by_system(layout);
  return layout;
}

ResamplingScheme utterance_scheme(ResamplingUnit unit, bool raters) {
  switch (unit) {
    case ResamplingUnit::kSystems:
      return {true, ClipDraw::kNone, raters};
    case ResamplingUnit::kSystemsAndClips:
      return {true, ClipDraw::kWithinSystems, raters};
    case ResamplingUnit::kGroups:
      return {false, ClipDraw::kByGroup, raters};
    case ResamplingUnit::kNone:
      return {false, ClipDraw::kNone, raters};
    case ResamplingUnit::kPoints:
    case ResamplingUnit::kClips:
      break;
  }
  return {false, ClipDraw::kOverall, raters};
}

ResamplingScheme system_scheme(ResamplingUnit unit, bool raters) {
  if (unit == ResamplingUnit::kPoints) return {true, ClipDraw::kNone, raters};
  if (unit == ResamplingUnit::kClips) return {false, ClipDraw::kWithinSystems, raters};
  return utterance_scheme(unit, raters);
}

ResamplingScheme scheme_of_systems(ResamplingUnit unit, bool raters) {
  switch (unit) {
    case ResamplingUnit::kGroups:
      return {false, ClipDraw::kByGroup, raters};
    case ResamplingUnit::kNone:
      return {false, ClipDraw::kNone, raters};
    default:
      return {false, ClipDraw::kWithinSystems, raters};
  }
}

Resample Resample::all(const SampleLayout& layout) {
  Resample resample;
  resample.times.assign(layout.clips, 1);
  resample.systems.resize(layout.systems());
  std::iota(resample.systems.begin(), resample.systems.end(), 0U);
  resample.system_times.assign(layout.clips, 1);
  return resample;
}

void draw(const SampleLayout& layout, const ResamplingScheme& scheme, Random& random, Resample& resample) {
  FastDraws draws(random);
  resample.times.assign(layout.clips, 0);
  resample.rater_draws.clear();
  resample.systems.resize(layout.systems());
  if (scheme.systems) {
    for (std::uint32_t& system : resample.systems) system = draws.below(layout.systems());
  } else {
    std::iota(resample.systems.begin(), resample.systems.end(), 0U);
  }
  if (scheme.clips == ClipDraw::kOverall || scheme.clips == ClipDraw::kByGroup) {
    draw_clips(layout, scheme.clips, draws, resample);
  } else {
    take_systems(layout, scheme.clips == ClipDraw::kWithinSystems, draws, resample);
  }
  if (scheme.raters && !layout.raters.empty()) draw_raters(layout, draws, resample);
}

ResamplingChoice parse_resampling(const std::string& text) {
  constexpr std::string_view kWithRaters = "+raters";
  ResamplingChoice choice;
  if (text == "raters") return {ResamplingUnit::kNone, true, {}};
  std::string unit = text;
  if (unit.ends_with(kWithRaters)) {
    choice.raters = true;
    unit.resize(unit.size() - kWithRaters.size());
  }
  if (unit == "points") return choice;
  if (unit == "clips") {
    choice.unit = ResamplingUnit::kClips;
  } else if (unit == "systems") {
    choice.unit = ResamplingUnit::kSystems;
  } else if (unit == "systems+clips") {
    choice.unit = ResamplingUnit::kSystemsAndClips;
  } else if (unit.empty() || unit.find('+') != std::string::npos) {
    throw InvalidInput(fmt::format(
        "resampling: expected points, clips, systems, systems+clips or a column, with or without +raters, or raters alone; got '{}'",
        text));
  } else {
    choice.unit = ResamplingUnit::kGroups;
    choice.group_column = unit;
  }
  return choice;
}

std::string drawn_units(ResamplingUnit unit, bool draws_raters, bool system_level) {
  const std::string raters = draws_raters ? " and raters within clips" : "";
  switch (unit) {
    case ResamplingUnit::kPoints:
      return (system_level ? "systems" : "clips") + raters;
    case ResamplingUnit::kSystems:
      return "systems" + raters;
    case ResamplingUnit::kSystemsAndClips:
      return "systems and clips within systems" + raters;
    case ResamplingUnit::kGroups:
      return "groups" + raters;
    case ResamplingUnit::kNone:
      return draws_raters ? "raters within clips" : "nothing";
    case ResamplingUnit::kClips:
      break;
  }
  return (system_level ? "clips within systems" : "clips") + raters;
}

}  // namespace qamro::statistics
