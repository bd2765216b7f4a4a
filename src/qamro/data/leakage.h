#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/data/split.h"

namespace qamro::data {

// What to do about clips on both sides of a split that share more than they should.
enum class LeakagePolicy { kWarn, kError, kIgnore };
// "warn", "error", "ignore".
std::string_view name_of(LeakagePolicy policy);

// Something that makes a clip known beforehand where a training clip has it too: its prompt, the recording it
// comes from, the very same audio.
struct SharedColumn {
  std::string what;                 // "prompt", "source recording", "audio"
  std::vector<std::string> values;  // one a clip; "": the clip has none, and shares nothing
};

// One value on both sides.
struct Leak {
  std::string value;
  std::size_t fold;       // the first where it is so
  std::int64_t known;     // a clip that this fold trains or validates on, the first
  std::int64_t tested;    // one that it tests, the first
  std::size_t clips = 0;  // so many tested clips of all folds have the value
};

struct Leakage {
  std::string what;
  std::vector<Leak> leaks;  // in the order of the folds and of their test clips
  std::size_t tested = 0;   // clips that any fold tests
  // Tested clips with a value that their fold trains or validates on.
  std::size_t clips() const;
};

// Of each column that leaks. A clip that several folds test counts once a fold. Throws InvalidInput for a
// column with another number of clips than another, or a fold with a clip that is none.
std::vector<Leakage> find_leakage(std::span<const Fold> folds, std::span<const SharedColumn> columns);

// "3 of 24 tested clips share their prompt with clips that were trained on: P001 ('a.wav' is trained on,
// 'b.wav' tested), P007 (…), … (and 2 more)". `paths`: one a clip; at most `most` values are named. What a
// value is called is left out for audio, whose values are digests.
std::string describe(const Leakage& leakage, std::span<const std::string> paths, std::size_t most = 5);

}  // namespace qamro::data
