#include "qamro/training/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "qamro/core/error.h"
#include "qamro/core/random.h"

namespace qamro::training {
namespace {

using Groups = std::vector<std::string>;

Groups distinct(const Groups& values) {
  Groups result;
  std::set<std::string> seen;
  for (const std::string& value : values)
    if (seen.insert(value).second) result.push_back(value);
  return result;
}

Groups shuffled(const Groups& groups, std::uint64_t seed) {
  Random random(seed);
  Groups result;
  for (const std::int64_t i : permutation(static_cast<std::int64_t>(groups.size()), random))
    result.push_back(groups[static_cast<std::size_t>(i)]);
  return result;
}

Groups ordered_groups(const SplitOptions& options, const Groups& groups) {
  const Groups names = distinct(groups);
  return options.shuffle ? shuffled(names, derive_seed(static_cast<std::uint64_t>(options.seed), "folds"))
                         : names;
}

// One set of test groups a fold.
std::vector<std::set<std::string>> deal_groups(const SplitOptions& options, const Groups& groups) {
  const Groups order = ordered_groups(options, groups);
  if (options.kind == SplitKind::kHoldout) {
    const auto wanted = std::llround(options.test_fraction * static_cast<double>(order.size()));
    const auto count = std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(std::ssize(order) - 1, 1));
    return {{order.end() - count, order.end()}};
  }
  if (std::ssize(order) < options.folds)
    throw InvalidInput(
        fmt::format("split.folds: expected at most as many folds as groups of '{}' ({}), got {}",
                    options.group, order.size(), options.folds));
  std::vector<std::set<std::string>> tests(static_cast<std::size_t>(options.folds));
  for (std::size_t i = 0; i < order.size(); ++i) tests[i % tests.size()].insert(order[i]);
  return tests;
}

// Moves a share of the training groups to the validation part.
void take_validation(const SplitOptions& options, const Groups& groups, std::size_t number, Fold& fold) {
  if (options.validation_fraction == 0.0 || !fold.validation.empty()) return;
  Groups train_groups;
  for (const std::int64_t clip : fold.train) train_groups.push_back(groups[static_cast<std::size_t>(clip)]);
  const Groups order = shuffled(distinct(train_groups),
                                derive_seed(static_cast<std::uint64_t>(options.seed), "validation", number));
  if (order.size() < 2)
    throw InvalidInput(fmt::format("split.validation_fraction: fold {} has a single training group of '{}'",
                                   number, options.group));
  const auto wanted = std::llround(options.validation_fraction * static_cast<double>(order.size()));
  const auto count = std::clamp<std::int64_t>(wanted, 1, std::ssize(order) - 1);
  const std::set<std::string> chosen(order.begin(), order.begin() + count);
  std::vector<std::int64_t> train;
  for (const std::int64_t clip : fold.train)
    (chosen.contains(groups[static_cast<std::size_t>(clip)]) ? fold.validation : train).push_back(clip);
  fold.train = std::move(train);
}

std::vector<Fold> folds_by_group(const SplitOptions& options, const Groups& groups) {
  std::vector<Fold> folds;
  for (const auto& test_groups : deal_groups(options, groups)) {
    Fold fold;
    for (std::size_t clip = 0; clip < groups.size(); ++clip)
      (test_groups.contains(groups[clip]) ? fold.test : fold.train)
          .push_back(static_cast<std::int64_t>(clip));
    folds.push_back(std::move(fold));
  }
  return folds;
}

void check_groups_stay_together(const SplitOptions& options, const Groups& groups, const Groups& assignment) {
  std::map<std::string, std::string> side;
  for (std::size_t clip = 0; clip < groups.size(); ++clip) {
    const auto [found, is_new] = side.emplace(groups[clip], assignment[clip]);
    if (!is_new && found->second != assignment[clip])
      throw InvalidInput(fmt::format("split.column '{}': group '{}' of '{}' is in '{}' as well as in '{}'",
                                     options.column, groups[clip], options.group, found->second,
                                     assignment[clip]));
  }
}

std::optional<std::int64_t> fold_number(const std::string& value) {
  if (value.empty() || value.size() > 4) return std::nullopt;
  for (const char c : value)
    if (c < '0' || c > '9') return std::nullopt;
  return std::stoll(value);
}

// The column holds either train, validation, test (one fold) or a test fold number a clip.
std::vector<Fold> folds_from_column(const SplitOptions& options, const Groups& groups,
                                    const Groups& assignment) {
  check_groups_stay_together(options, groups, assignment);
  std::map<std::int64_t, Fold> numbered;
  Fold named;
  bool has_names = false;
  for (std::size_t i = 0; i < assignment.size(); ++i) {
    const auto clip = static_cast<std::int64_t>(i);
    if (assignment[i] == "train" || assignment[i] == "validation" || assignment[i] == "test") {
      has_names = true;
      (assignment[i] == "train"  ? named.train
       : assignment[i] == "test" ? named.test
                                 : named.validation)
          .push_back(clip);
    } else if (const auto number = fold_number(assignment[i])) {
      numbered[*number].test.push_back(clip);
    } else {
      throw InvalidInput(
          fmt::format("split.column '{}': expected train, validation, test or a fold number, got '{}'",
                      options.column, assignment[i]));
    }
  }
  if (has_names && !numbered.empty())
    throw InvalidInput(
        fmt::format("split.column '{}': mixes fold numbers with train, validation and test", options.column));
  if (has_names) return {named};
  std::vector<Fold> folds;
  for (auto& [number, fold] : numbered) {
    for (const auto& [other, clips] : numbered)
      if (other != number) fold.train.insert(fold.train.end(), clips.test.begin(), clips.test.end());
    std::sort(fold.train.begin(), fold.train.end());
    folds.push_back(fold);
  }
  return folds;
}

}  // namespace

std::string_view name_of(SplitKind kind) {
  switch (kind) {
    case SplitKind::kKfold:
      return "kfold";
    case SplitKind::kHoldout:
      return "holdout";
    case SplitKind::kFile:
      return "file";
    case SplitKind::kLists:
      return "lists";
  }
  return "";
}

void SplitOptions::validate() const {
  if (kind == SplitKind::kKfold && folds < 2)
    throw InvalidInput(fmt::format("split.folds: expected at least 2, got {}", folds));
  if (!(test_fraction > 0.0 && test_fraction < 1.0))
    throw InvalidInput(
        fmt::format("split.test_fraction: expected a number in (0, 1), got {}", test_fraction));
  if (!(validation_fraction >= 0.0 && validation_fraction < 1.0))
    throw InvalidInput(
        fmt::format("split.validation_fraction: expected a number in [0, 1), got {}", validation_fraction));
  if (kind == SplitKind::kFile && column.empty())
    throw InvalidInput("split.column: expected a column of the label file for kind = \"file\", got nothing");
  if (group.empty()) throw InvalidInput("split.group: expected a column of the label file, got nothing");
}

std::vector<Fold> make_folds(const SplitOptions& options, const std::vector<std::string>& groups,
                             const std::vector<std::string>& assignment) {
  options.validate();
  if (groups.empty()) throw InvalidInput("split: expected at least one clip, got none");
  const bool from_column = options.kind == SplitKind::kFile || options.kind == SplitKind::kLists;
  if (from_column && assignment.size() != groups.size())
    throw InvalidInput(
        fmt::format("split.column: expected {} values, got {}", groups.size(), assignment.size()));
  std::vector<Fold> folds =
      from_column ? folds_from_column(options, groups, assignment) : folds_by_group(options, groups);
  for (std::size_t number = 0; number < folds.size(); ++number) {
    if (folds[number].train.empty() || folds[number].test.empty())
      throw InvalidInput(fmt::format("split: fold {} has no {} clips", number,
                                     folds[number].train.empty() ? "training" : "test"));
    take_validation(options, groups, number, folds[number]);
  }
  return folds;
}

}  // namespace qamro::training
