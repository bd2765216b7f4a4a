#include "qamro/evaluation/resampling_choice.h"

#include <fmt/format.h>

#include <string_view>

#include "qamro/core/error.h"

namespace qamro::evaluation {

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
    throw InvalidInput(
        fmt::format("resampling: expected points, clips, systems, systems+clips or a column, with or without "
                    "+raters, or raters alone; got '{}'",
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

}  // namespace qamro::evaluation
