#pragma once

namespace qamro::cli {

// Exit codes for scripts; every sub-command follows them.
enum ExitCode : int {
  kAllDone = 0,
  kSomeInputsFailed = 1,  // each is named in its output row's "error"
  kWrongUsage = 2,
  kNothingDone = 3,
};

}  // namespace qamro::cli
