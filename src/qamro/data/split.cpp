#include "qamro/data/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "qamro/core/error.h"
#include "qamro/core/random.h"

namespace qamro::data {
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

// Deals the groups in turn, so that the parts differ by at most one group.
std::vector<std::set<std::string>> deal(const Groups& order, std::int64_t parts, const char* key,
                                        const std::string& column) {
  if (std::ssize(order) < parts)
    throw InvalidInput(fmt::format("{}: expected at most as many folds as groups of '{}' ({}), got {}", key,
                                   column, order.size(), parts));
  std::vector<std::set<std::string>> dealt(static_cast<std::size_t>(parts));
  for (std::size_t i = 0; i < order.size(); ++i) dealt[i % dealt.size()].insert(order[i]);
  return dealt;
}

std::set<std::string> named_test_groups(const SplitOptions& options, const Groups& names) {
  for (const std::string& group : options.test_groups)
    if (std::find(names.begin(), names.end(), group) == names.end())
      throw InvalidInput(fmt::format("split.test_groups: no clip has the {} '{}'", options.group, group));
  return {options.test_groups.begin(), options.test_groups.end()};
}

// One set of test groups per fold.
std::vector<std::set<std::string>> deal_groups(const SplitOptions& options, const Groups& groups) {
  if (options.kind == SplitKind::kLeaveOneOut) {
    const Groups names = distinct(groups);
    return deal(names, std::ssize(names), "split.kind", options.group);
  }
  const Groups order = ordered_groups(options, groups);
  if (options.kind == SplitKind::kKfold) return deal(order, options.folds, "split.folds", options.group);
  if (!options.test_groups.empty()) return {named_test_groups(options, order)};
  const auto wanted = std::llround(options.test_fraction * static_cast<double>(order.size()));
  const auto count = std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(std::ssize(order) - 1, 1));
  return {{order.end() - count, order.end()}};
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

// The column holds either train, validation and test (one fold), or for each clip the number of the fold that
// tests it.
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

std::vector<std::int64_t> chosen(const std::vector<std::int64_t>& clips, const Groups& values,
                                 const std::set<std::string>& part, bool inside) {
  std::vector<std::int64_t> result;
  for (const std::int64_t clip : clips)
    if (part.contains(values[static_cast<std::size_t>(clip)]) == inside) result.push_back(clip);
  return result;
}

// Crosses the folds with parts of the hold_out groups. Clips without a value ("") are refused, since they
// would never be held out together with the clips that they belong to.
std::vector<Fold> hold_out_groups(const SplitOptions& options, const Groups& values,
                                  const std::vector<Fold>& folds) {
  if (std::find(values.begin(), values.end(), "") != values.end())
    throw InvalidInput(fmt::format("split.hold_out: expected a {} for every clip, got a clip without one",
                                   options.hold_out));
  const Groups names = distinct(values);
  const auto order = options.shuffle
                         ? shuffled(names, derive_seed(static_cast<std::uint64_t>(options.seed), "hold out"))
                         : names;
  const std::int64_t parts = options.hold_out_folds > 0 ? options.hold_out_folds : std::ssize(names);
  std::vector<Fold> result;
  for (const Fold& fold : folds)
    for (const auto& part : deal(order, parts, "split.hold_out_folds", options.hold_out)) {
      Fold held_out{chosen(fold.train, values, part, false), chosen(fold.validation, values, part, false),
                    chosen(fold.test, values, part, true)};
      if (!held_out.test.empty()) result.push_back(std::move(held_out));
    }
  return result;
}

void check_length(const char* key, const Groups& values, std::size_t clips) {
  if (values.size() != clips)
    throw InvalidInput(fmt::format("{}: expected {} values, got {}", key, clips, values.size()));
}

}  // namespace

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
  if (!test_groups.empty() && kind != SplitKind::kHoldout)
    throw InvalidInput(
        fmt::format("split.test_groups: expected split.kind = \"holdout\", got \"{}\"", name_of(kind)));
  if (hold_out_folds < 0 || hold_out_folds == 1)
    throw InvalidInput(fmt::format("split.hold_out_folds: expected 0 (one per group) or at least 2, got {}",
                                   hold_out_folds));
  if (hold_out_folds > 0 && hold_out.empty())
    throw InvalidInput("split.hold_out: expected a column for split.hold_out_folds, got nothing");
  if (group.empty()) throw InvalidInput("split.group: expected a column of the label file, got nothing");
}

std::vector<Fold> make_folds(const SplitOptions& options, const SplitColumns& columns) {
  options.validate();
  const Groups& groups = columns.groups;
  if (groups.empty()) throw InvalidInput("split: expected at least one clip, got none");
  const bool from_column = options.kind == SplitKind::kFile || options.kind == SplitKind::kLists;
  if (from_column) check_length("split.column", columns.assignment, groups.size());
  std::vector<Fold> folds =
      from_column ? folds_from_column(options, groups, columns.assignment) : folds_by_group(options, groups);
  if (!options.hold_out.empty()) {
    check_length("split.hold_out", columns.hold_out, groups.size());
    folds = hold_out_groups(options, columns.hold_out, folds);
  }
  for (std::size_t number = 0; number < folds.size(); ++number) {
    if (folds[number].train.empty() || folds[number].test.empty())
      throw InvalidInput(fmt::format("split: fold {} has no {} clips", number,
                                     folds[number].train.empty() ? "training" : "test"));
    take_validation(options, groups, number, folds[number]);
  }
  return folds;
}

}  // namespace qamro::data
