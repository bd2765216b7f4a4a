#pragma once

#include <string>
#include <string_view>

namespace qamro::data {

// The short name of an axis that published files name differently: "PQ" for "Production_Quality", likewise
// PC, CE and CU; "mos" for SHEET's "score", "avg_score" and "answer". Any other name is returned unchanged.
std::string_view short_axis_name(std::string_view axis);

}  // namespace qamro::data
