#include "qamro/data/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using Values = std::vector<std::string>;

const std::string& value_of(const SharedColumn& column, std::int64_t clip) {
  if (clip < 0 || clip >= std::ssize(column.values))
    throw InvalidInput(
        fmt::format("leakage: expected clips of 0 to {}, got {}", std::ssize(column.values) - 1, clip));
  return column.values[static_cast<std::size_t>(clip)];
}

// For each value that a fold trains or validates on, the first clip with it.
std::unordered_map<std::string_view, std::int64_t> known_values(const Fold& fold,
                                                                const SharedColumn& column) {
  std::unordered_map<std::string_view, std::int64_t> known;
  for (const auto* part : {&fold.train, &fold.validation})
    for (const std::int64_t clip : *part)
      if (const std::string& value = value_of(column, clip); !value.empty()) {
        const auto [found, is_new] = known.emplace(value, clip);
        if (!is_new) found->second = std::min(found->second, clip);
      }
  return known;
}

Leakage leakage_of(std::span<const Fold> folds, const SharedColumn& column) {
  Leakage leakage{column.what, {}, 0};
  std::unordered_map<std::string_view, std::size_t> number;
  for (std::size_t fold = 0; fold < folds.size(); ++fold) {
    const auto known = known_values(folds[fold], column);
    for (const std::int64_t clip : folds[fold].test) {
      ++leakage.tested;
      const std::string& value = value_of(column, clip);
      const auto found = known.find(value);
      if (found == known.end()) continue;
      const auto [at, is_new] = number.emplace(value, leakage.leaks.size());
      if (is_new) leakage.leaks.push_back({value, fold, found->second, clip});
      ++leakage.leaks[at->second].clips;
    }
  }
  return leakage;
}

}  // namespace

std::size_t Leakage::clips() const {
  return std::accumulate(leaks.begin(), leaks.end(), std::size_t{0},
                         [](std::size_t sum, const Leak& leak) { return sum + leak.clips; });
}

std::vector<Leakage> find_leakage(std::span<const Fold> folds, std::span<const SharedColumn> columns) {
  std::vector<Leakage> result;
  for (const SharedColumn& column : columns) {
    if (column.values.size() != columns.front().values.size())
      throw InvalidInput(fmt::format("leakage: expected {} values of '{}', got {}",
                                     columns.front().values.size(), column.what, column.values.size()));
    Leakage leakage = leakage_of(folds, column);
    if (!leakage.leaks.empty()) result.push_back(std::move(leakage));
  }
  return result;
}

std::string describe(const Leakage& leakage, std::span<const std::string> paths, std::size_t max_shown) {
  std::string text =
      fmt::format("{} of {} tested clips share their {} with clips that were trained on: ", leakage.clips(),
                  leakage.tested, leakage.what);
  const std::size_t shown = std::min(max_shown, leakage.leaks.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Leak& leak = leakage.leaks[i];
    const bool is_digest = leakage.what == "audio";
    text += fmt::format("{}{}('{}' is trained on, '{}' tested)", i == 0 ? "" : ", ",
                        is_digest ? "" : leak.value + " ", paths[static_cast<std::size_t>(leak.known)],
                        paths[static_cast<std::size_t>(leak.tested)]);
  }
  if (leakage.leaks.size() > shown) text += fmt::format(" (and {} more)", leakage.leaks.size() - shown);
  return text;
}

}  // namespace qamro::data
