#pragma once

#include <string>

#include "qamro/evaluation/resampling.h"

namespace qamro::evaluation {

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

}  // namespace qamro::evaluation
