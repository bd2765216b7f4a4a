#include "qamro/evaluation/system_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/statistics/multiple_comparisons.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

RankedSystem ranked(const ComparedSystem& system, const statistics::MeanTestOptions& options) {
  RankedSystem row;
  row.system = system.system;
  row.clips = system.set.scores.size();
  row.mean = statistics::mean_of(system.set.scores);
  if (row.clips < 2) return row;
  // Compares with a constant, so that the mean's interval comes from the same bootstrap as the differences'.
  statistics::ScoreSet zeros{std::vector<double>(row.clips, 0.0), {}};
  statistics::ScoreSet own{system.set.scores, {}};
  for (std::size_t i = 0; i < row.clips; ++i) own.items.push_back(fmt::format("{}", i));
  zeros.items = own.items;
  row.interval = statistics::compare_means(own, zeros, options).interval;
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
  const std::vector<statistics::TieGroups> groups = statistics::tie_groups(ends);
  for (std::size_t i = 0; i < n; ++i) {
    comparison.systems[i].first_group = groups[i].first;
    comparison.systems[i].last_group = groups[i].last;
  }
}

void correct(SystemComparison& comparison, const statistics::MeanTestOptions& options) {
  const auto pairs = static_cast<double>(comparison.pairs.size());
  const bool by_permutation = pairs / static_cast<double>(options.rounds + 1) <= (1 - options.confidence) / 5;
  comparison.test = by_permutation ? "permutation" : "bootstrap t";
  std::vector<std::optional<double>> p_values;
  for (SystemPair& pair : comparison.pairs) {
    pair.p = by_permutation ? pair.test.p_permutation : pair.test.p_bootstrap;
    p_values.push_back(pair.p);
  }
  const auto adjusted = statistics::holm_adjusted(p_values);
  for (std::size_t i = 0; i < adjusted.size(); ++i) comparison.pairs[i].p_holm = adjusted[i];
}

std::string power_text(const statistics::PowerCurve& curve, double power) {
  return curve.enough
             ? fmt::format("{} clips per system would settle it ({:g} % power)", *curve.enough, 100 * power)
             : fmt::format("none of the tried numbers of clips would settle it ({:g} % power)", 100 * power);
}

// needed: what would settle it, for a pair that is not.
std::string verdict_of_best(const std::string& axis, const SystemComparison& comparison,
                            const std::string& needed, double confidence) {
  const SystemPair& best = comparison.pairs.front();  // the first two of the ranking
  const std::string& first = comparison.systems[best.better].system;
  const std::string& second = comparison.systems[best.worse].system;
  const bool differ = best.p_holm && *best.p_holm <= 1 - confidence;
  const std::string interval =
      best.test.interval
          ? fmt::format(" [{:+.3f}, {:+.3f}]", best.test.interval->low, best.test.interval->high)
          : "";
  const std::string p = best.p_holm ? fmt::format(", p = {:.4f}", *best.p_holm) : "";
  return differ ? fmt::format("{}: {} is better than {} by {:.3f}{}{}", axis, first, second,
                              best.test.difference, interval, p)
                : fmt::format("{}: {} and {} cannot be told apart: {:+.3f}{}{}; {}", axis, first, second,
                              best.test.difference, interval, p, needed);
}

}  // namespace

SystemComparison compare_systems(const std::vector<ComparedSystem>& systems,
                                 const statistics::MeanTestOptions& options, int threads) {
  options.validate();
  check(systems);
  std::vector<const ComparedSystem*> order;
  order.reserve(systems.size());
  for (const ComparedSystem& system : systems) order.push_back(&system);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return statistics::mean_of(a->set.scores) > statistics::mean_of(b->set.scores);
  });
  SystemComparison comparison;
  for (const ComparedSystem* system : order) comparison.systems.push_back(ranked(*system, options));
  set_ranks(comparison.systems);
  for (std::size_t better = 0; better < order.size(); ++better)
    for (std::size_t worse = better + 1; worse < order.size(); ++worse)
      comparison.pairs.push_back({better, worse, {}, std::nullopt, std::nullopt});
  for_each_job(static_cast<std::int64_t>(comparison.pairs.size()), threads, [&](std::int64_t i) {
    SystemPair& pair = comparison.pairs[static_cast<std::size_t>(i)];
    pair.test = statistics::compare_means(order[pair.better]->set, order[pair.worse]->set, options);
  });
  correct(comparison, options);
  set_groups(comparison, options.confidence);
  return comparison;
}

SystemVerdict judge_systems(const std::string& axis, const std::vector<ComparedSystem>& systems,
                            const statistics::MeanTestOptions& options, double power, int threads) {
  SystemVerdict verdict;
  verdict.comparison = compare_systems(systems, options, threads);
  const auto set_of = [&](const std::string& name) -> const statistics::ScoreSet& {
    return std::find_if(systems.begin(), systems.end(), [&](const auto& s) { return s.system == name; })->set;
  };
  verdict.clips = statistics::clips_to_settle(
      set_of(verdict.comparison.systems[0].system), set_of(verdict.comparison.systems[1].system),
      {.alpha = 1 - options.confidence, .power = power, .seed = options.seed, .threads = threads});
  verdict.text =
      verdict_of_best(axis, verdict.comparison, power_text(verdict.clips, power), options.confidence);
  return verdict;
}

}  // namespace qamro::evaluation
