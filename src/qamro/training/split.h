#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qamro::training {

enum class SplitKind { kKfold, kHoldout, kFile, kLists };
// "kfold", "holdout", "file", "lists".
std::string_view name_of(SplitKind kind);

// [split]. All clips of a group lie on the same side of every split.
struct SplitOptions {
  SplitKind kind = SplitKind::kKfold;
  std::int64_t folds = 8;      // kfold
  std::string group = "path";  // column of the label file: "sentence", "system" …; "path": clip by clip
  bool shuffle = true;         // kfold, holdout: groups in random order; else in file order
  double test_fraction = 0.2;  // holdout: of the groups
  double validation_fraction = 0.0;  // of the training groups of a fold, for early stopping
  std::string column = {};           // file: column with a fold number a row, or train, validation and test
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

// groups: the group of each clip. assignment: the values of `column` for kind file, the side of each clip's
// list for kind lists, else empty.
// kfold deals the groups to the folds in turn, so that the folds differ by at most one group; each clip is
// tested once. The validation part of a fold does not depend on the other folds. Throws InvalidInput: fewer
// groups than folds, an empty training or test part, a group on two sides.
std::vector<Fold> make_folds(const SplitOptions& options, const std::vector<std::string>& groups,
                             const std::vector<std::string>& assignment = {});

}  // namespace qamro::training
