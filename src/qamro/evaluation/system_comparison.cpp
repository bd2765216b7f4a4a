#include "qamro/evaluation/system_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "qamro/core/error.h"
#include "qamro/evaluation/mean_of.h"
#include "qamro/evaluation/multiple_comparisons.h"
#include "qamro/evaluation/parallel.h"
#include "qamro/evaluation/tie_groups.h"

namespace qamro::evaluation {
namespace {

RankedSystem ranked(const ComparedSystem& system, const MeanTestOptions& options) {
  RankedSystem row;
  row.system = system.system;
  row.clips = system.set.scores.size();
  row.mean = mean_of(system.set.scores);
  if (row.clips < 2) return row;
  // Compares with a constant, so that the mean's interval comes from the same bootstrap as the differences'.
  ScoreSet zeros{std::vector<double>(row.clips, 0.0), {}};
  ScoreSet own{system.set.scores, {}};
  for (std::size_t i = 0; i < row.clips; ++i) own.items.push_back(fmt::format("{}", i));
  zeros.items = own.items;
  row.interval = compare_means(own, zeros, options).interval;
  return row;
}

void check(const std::vector<ComparedSystem>& systems) {
  if (systems.size() < 2)
    throw InvalidInput(fmt::format("comparing systems: expected two or more, got {}", systems.size()));
  std::set<std::string> names;
  for (const ComparedSystem& system : systems) {
    if (system.set.scores.empty())
      throw InvalidInput(fmt::format("comparing systems: expected a clip of '{}', got none", system.system));
    if (!names.insert(system.system).second)
      throw InvalidInput(
          fmt::format("comparing systems: expected every system once, got '{}' twice", system.system));
  }
}

void set_ranks(std::vector<RankedSystem>& systems) {
  for (std::size_t i = 0; i < systems.size(); ++i)
    systems[i].rank = i > 0 && systems[i].mean == systems[i - 1].mean ? systems[i - 1].rank : i + 1;
}

void set_groups(SystemComparison& comparison, double confidence) {
  const std::size_t n = comparison.systems.size();
  std::vector<std::vector<bool>> differ(n, std::vector<bool>(n, false));
  for (const SystemPair& pair : comparison.pairs)
    differ[pair.better][pair.worse] = pair.p_holm && *pair.p_holm <= 1 - confidence;
  std::vector<std::size_t> ends;
  for (std::size_t first = 0; first < n; ++first) {
    std::size_t last = first;
    const auto differs_from_run = [&](std::size_t next) {
      for (std::size_t i = first; i < next; ++i)
        if (differ[i][next]) return true;
      return false;
    };
    while (last + 1 < n && !differs_from_run(last + 1)) ++last;
    ends.push_back(last);
  }
  const std::vector<TieGroups> groups = tie_groups(ends);
  for (std::size_t i = 0; i < n; ++i) {
    comparison.systems[i].first_group = groups[i].first;
    comparison.systems[i].last_group = groups[i].last;
  }
}

void correct(SystemComparison& comparison, const MeanTestOptions& options) {
  const auto pairs = static_cast<double>(comparison.pairs.size());
  const bool by_permutation = pairs / static_cast<double>(options.rounds + 1) <= (1 - options.confidence) / 5;
  comparison.test = by_permutation ? "permutation" : "bootstrap t";
  std::vector<std::optional<double>> p_values;
  for (SystemPair& pair : comparison.pairs) {
    pair.p = by_permutation ? pair.test.p_permutation : pair.test.p_bootstrap;
    p_values.push_back(pair.p);
  }
  const auto adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < adjusted.size(); ++i) comparison.pairs[i].p_holm = adjusted[i];
}

}  // namespace

SystemComparison compare_systems(const std::vector<ComparedSystem>& systems, const MeanTestOptions& options,
                                 int threads) {
  options.validate();
  check(systems);
  std::vector<const ComparedSystem*> order;
  for (const ComparedSystem& system : systems) order.push_back(&system);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return mean_of(a->set.scores) > mean_of(b->set.scores);
  });
  SystemComparison comparison;
  for (const ComparedSystem* system : order) comparison.systems.push_back(ranked(*system, options));
  set_ranks(comparison.systems);
  for (std::size_t better = 0; better < order.size(); ++better)
    for (std::size_t worse = better + 1; worse < order.size(); ++worse)
      comparison.pairs.push_back({better, worse, {}, std::nullopt, std::nullopt});
  parallel_for(static_cast<std::int64_t>(comparison.pairs.size()), threads, [&](std::int64_t i) {
    SystemPair& pair = comparison.pairs[static_cast<std::size_t>(i)];
    pair.test = compare_means(order[pair.better]->set, order[pair.worse]->set, options);
  });
  correct(comparison, options);
  set_groups(comparison, options.confidence);
  return comparison;
}

}  // namespace qamro::evaluation
