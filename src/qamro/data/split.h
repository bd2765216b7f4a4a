#pragma once

#include <cstdint>
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

}  // namespace qamro::data
