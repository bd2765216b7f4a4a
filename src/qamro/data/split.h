#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"

namespace qamro::data {

enum class SplitKind { kKfold, kHoldout, kLeaveOneOut, kFile, kLists };
constexpr auto enum_names(SplitKind) {
  return names_table<SplitKind>({{SplitKind::kKfold, "kfold"},
                                 {SplitKind::kHoldout, "holdout"},
                                 {SplitKind::kLeaveOneOut, "leave_one_out"},
                                 {SplitKind::kFile, "file"},
                                 {SplitKind::kLists, "lists"}});
}

// The [split] table. All clips of a group lie on the same side of every split.
struct SplitOptions {
  SplitKind kind = SplitKind::kKfold;
  std::int64_t folds = 8;      // kfold
  std::string group = "path";  // column of the label file: "sentence", "system" …; "path": one group per clip
  bool shuffle = true;         // kfold, holdout: groups in random order instead of file order
  double test_fraction = 0.2;                 // holdout: share of the groups
  std::vector<std::string> test_groups = {};  // holdout: test these groups instead of a share
  double validation_fraction = 0.0;           // share of a fold's training groups, for early stopping
  std::string column = {};  // file: column with a fold number per row, or with train, validation and test
  // A second column whose groups are held out, too: the clips that a fold tests are scored by runs that have
  // seen neither their group nor their hold_out group. "": none.
  std::string hold_out = {};
  std::int64_t hold_out_folds = 0;  // number of parts that its groups are dealt to; 0: one part per group
  std::int64_t seed = 0;

  // Throws InvalidInput that names the key.
  void validate() const;
  bool operator==(const SplitOptions&) const = default;
};

// Clip numbers, ascending. Every clip of the data is in at most one of the three lists.
struct Fold {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
  std::vector<std::int64_t> test;

  bool operator==(const Fold&) const = default;
};

// The columns that a split uses, one value per clip.
struct SplitColumns {
  std::vector<std::string> groups;      // of SplitOptions::group
  std::vector<std::string> assignment;  // values of SplitOptions::column (kind file), the side of each clip's
                                        // list (kind lists), else empty
  std::vector<std::string> hold_out;    // of SplitOptions::hold_out, else empty
};

// kfold deals the groups to the folds in turn, so that the folds differ by at most one group; leave_one_out
// has a fold for each group, in file order. Both test each clip once. The validation part of a fold does not
// depend on the other folds.
//
// With hold_out, each fold F becomes several, one for each part H of the hold_out groups. Such a fold tests
// F's test clips in H, and trains and validates on F's other clips outside H, so that every clip which F
// tests is still tested once. Folds without a test clip are then left out. Throws InvalidInput for fewer
// groups than folds or parts, an empty training or test part, a group on two sides, a test group that no clip
// has, and a clip without a hold_out value.
std::vector<Fold> make_folds(const SplitOptions& options, const SplitColumns& columns);

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
