#pragma once

#include <string>
#include <vector>

#include "qamro/report/report.h"

namespace qamro::report {

// The answer to "which system would listeners prefer, and how sure is that?", in plain text.
struct Headline {
  std::string answer;    // "new is ahead of old by 0.30 [+0.10, +0.50]."
  std::string sureness;  // "p < .001, 26 paired clips. Predicted mos: no listener was asked. …"
};

// The headline for the first axis. With labels it says what listeners preferred, and whether the predictions
// agree. Without systems it says how many clips there are.
Headline headline(const ReportData& data);

// What keeps the answer from being trusted as it is: the given warnings, then unfamiliar clips, systems that
// were recorded differently, and clips that the model was trained on.
std::vector<Warning> warnings(const ReportData& data);

}  // namespace qamro::report
