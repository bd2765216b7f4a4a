#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/data/split.h"

namespace qamro::data {

// What to do if clips on both sides of a split share more than they should.
enum class LeakagePolicy { kWarn, kError, kIgnore };
constexpr auto enum_names(LeakagePolicy) {
  return names_table<LeakagePolicy>(
      {{LeakagePolicy::kWarn, "warn"}, {LeakagePolicy::kError, "error"}, {LeakagePolicy::kIgnore, "ignore"}});
}

// A property that makes a test clip known in advance if a training clip shares it: its prompt, the recording
// that it comes from, the very same audio.
struct SharedColumn {
  std::string what;                 // "prompt", "source recording", "audio"
  std::vector<std::string> values;  // one per clip; "": the clip has no value and shares nothing
};

// One value that occurs on both sides.
struct Leak {
  std::string value;
  std::size_t fold;       // the first fold in which this happens
  std::int64_t known;     // the first clip with the value that this fold trains or validates on
  std::int64_t tested;    // the first clip with the value that this fold tests
  std::size_t clips = 0;  // number of test clips that leak it, over all folds
};

struct Leakage {
  std::string what;
  std::vector<Leak> leaks;  // in the order of the folds and of their test clips
  std::size_t tested = 0;   // test clips of all folds
  // Number of test clips with a value that their fold trains or validates on.
  std::size_t clips() const;
};

// Returns an entry for each column that leaks. A clip that several folds test counts once per fold. Throws
// InvalidInput if the columns have different numbers of clips, or if a fold lists a clip number outside them.
std::vector<Leakage> find_leakage(std::span<const Fold> folds, std::span<const SharedColumn> columns);

// "3 of 24 tested clips share their prompt with clips that were trained on: P001 ('a.wav' is trained on,
// 'b.wav' tested), P007 (…), … (and 2 more)". `paths` has one path per clip; at most `max_shown` values are
// named. Audio values are left out, since they are digests.
std::string describe(const Leakage& leakage, std::span<const std::string> paths, std::size_t max_shown = 5);

}  // namespace qamro::data
