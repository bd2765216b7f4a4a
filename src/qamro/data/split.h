#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qamro::data {

enum class SplitKind { kKfold, kHoldout, kLeaveOneOut, kFile, kLists };
// "kfold", "holdout", "leave_one_out", "file", "lists".
std::string_view name_of(SplitKind kind);

// [split]. All clips of a group lie on the same side of every split.
struct SplitOptions {
  SplitKind kind = SplitKind::kKfold;
  std::int64_t folds = 8;      // kfold
  std::string group = "path";  // column of the label file: "sentence", "system" …; "path": clip by clip
  bool shuffle = true;         // kfold, holdout: groups in random order; else in file order
  double test_fraction = 0.2;  // holdout: of the groups
  std::vector<std::string> test_groups = {};  // holdout: these, in place of a fraction
  double validation_fraction = 0.0;           // of the training groups of a fold, for early stopping
  std::string column = {};  // file: column with a fold number a row, or train, validation and test
  // A second column whose groups are held out too: what a fold tests is scored by runs that have seen neither
  // its group nor its hold_out group. "": none.
  std::string hold_out = {};
  std::int64_t hold_out_folds = 0;  // its groups are dealt to so many parts; 0: one a group
  std::int64_t seed = 0;

  // Throws InvalidInput naming the key.
  void validate() const;
  bool operator==(const SplitOptions&) const = default;
};

// Clip numbers, ascending. Every clip of the data is in at most one of the three.
struct Fold {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
  std::vector<std::int64_t> test;

  bool operator==(const Fold&) const = default;
};

// What a split goes by, one value a clip.
struct SplitColumns {
  std::vector<std::string> groups;      // of SplitOptions::group
  std::vector<std::string> assignment;  // values of SplitOptions::column (kind file), the side of each clip's
                                        // list (kind lists), else empty
  std::vector<std::string> hold_out;    // of SplitOptions::hold_out, else empty
};

// kfold deals the groups to the folds in turn, so that the folds differ by at most one group; leave_one_out
// has a fold for each group, in file order; of both each clip is tested once. The validation part of a fold
// does not depend on the other folds.
// With hold_out each fold F becomes several, one a part H of the hold_out groups: it tests F's test clips in
// H and trains and validates on F's others without H, so that every clip which F tests is tested once still.
// Folds without a test clip are left out. Throws InvalidInput: fewer groups than folds or parts, an empty
// training or test part, a group on two sides, a test group that no clip has.
std::vector<Fold> make_folds(const SplitOptions& options, const SplitColumns& columns);

}  // namespace qamro::data
