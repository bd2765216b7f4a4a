#pragma once

namespace qamro::cli {

// What a script can rely on: the design's rule for every sub-command.
enum ExitCode : int {
  kAllDone = 0,
  kSomeInputsFailed = 1,  // each is named in its output row's "error"
  kWrongUsage = 2,
  kNothingDone = 3,
};

}  // namespace qamro::cli
