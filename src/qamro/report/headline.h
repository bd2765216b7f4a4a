#pragma once

#include <string>

#include "qamro/report/report.h"

namespace qamro::report {

// The answer to "which system would listeners prefer, and how sure is that?", in plain text.
struct Headline {
  std::string answer;  // "Listeners would prefer recording"
  std::string
      sureness;  // "Predicted mos 4.38 [4.31, 4.45]. The clips tell it apart from every other system."
  std::string caution = {};  // what else must be known before one believes it; may be empty
};

// The headline for the first axis. With labels it says what listeners preferred, and whether the predictions
// agree. Without systems it says how many clips there are.
Headline headline(const ReportData& data);

}  // namespace qamro::report
