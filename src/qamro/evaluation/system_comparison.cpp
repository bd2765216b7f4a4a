#include "qamro/evaluation/system_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/evaluation/verdict_text.h"
#include "qamro/statistics/numbers.h"
#include "qamro/statistics/significance.h"

namespace qamro::evaluation {
namespace {

void check(const std::vector<ComparedSystem>& systems) {
  if (systems.empty()) throw InvalidInput("comparing systems: expected one or more, got none");
  std::set<std::string> names;
  for (const ComparedSystem& system : systems) {
    if (system.set.scores.empty())
      throw InvalidInput(fmt::format("comparing systems: expected a clip of '{}', got none", system.system));
    system.set.validate();
    if (!names.insert(system.system).second)
      throw InvalidInput(
          fmt::format("comparing systems: expected every system once, got '{}' twice", system.system));
  }
}

void set_ranks(std::vector<RankedSystem>& systems) {
  for (std::size_t i = 0; i < systems.size(); ++i)
    systems[i].rank = i > 0 && systems[i].mean == systems[i - 1].mean ? systems[i - 1].rank : i + 1;
}

void set_groups(SystemComparison& comparison) {
  const std::size_t n = comparison.systems.size();
  std::vector<std::vector<bool>> differ(n, std::vector<bool>(n, false));
  for (const SystemPair& pair : comparison.pairs)
    differ[pair.better][pair.worse] = differ[pair.worse][pair.better] = comparison.can_tell_apart(pair);
  auto groups = statistics::tie_groups(differ);
  for (std::size_t i = 0; i < n; ++i) comparison.systems[i].groups = std::move(groups[i]);
}

bool permutations_can_decide(std::size_t pairs, const statistics::MeanTestOptions& options) {
  return static_cast<double>(pairs) / static_cast<double>(options.rounds + 1) <= (1 - options.confidence) / 5;
}

void correct(SystemComparison& comparison, bool by_permutation) {
  comparison.test = by_permutation ? "permutation" : "Student's t";
  std::vector<std::optional<double>> p_values;
  for (SystemPair& pair : comparison.pairs) {
    pair.p = by_permutation ? pair.test.p_permutation : pair.test.p_t;
    p_values.push_back(pair.p);
  }
  const auto adjusted = statistics::holm_adjusted(p_values);
  for (std::size_t i = 0; i < adjusted.size(); ++i) comparison.pairs[i].p_holm = adjusted[i];
}

}  // namespace

std::vector<ComparedSystem> by_system(const SystemScores& scores) {
  const std::size_t n = scores.scores.size();
  if (scores.systems.size() != n)
    throw InvalidInput(fmt::format("system ranking: expected {} systems, got {}", n, scores.systems.size()));
  if (!scores.items.empty() && scores.items.size() != n)
    throw InvalidInput(fmt::format("system ranking: expected {} items, got {}", n, scores.items.size()));
  std::vector<ComparedSystem> systems;
  std::unordered_map<std::string, std::size_t> position;
  for (std::size_t i = 0; i < n; ++i) {
    const std::string& name = scores.systems[i];
    if (name.empty()) throw InvalidInput("system ranking: expected a name for every clip's system, got none");
    const auto [found, is_new] = position.try_emplace(name, systems.size());
    if (is_new) systems.push_back({name, {}});
    statistics::ScoreSet& set = systems[found->second].set;
    set.scores.push_back(scores.scores[i]);
    if (!scores.items.empty()) set.items.push_back(scores.items[i]);
  }
  for (ComparedSystem& system : systems)
    if (std::set(system.set.items.begin(), system.set.items.end()).size() != system.set.items.size())
      system.set.items.clear();
  return systems;
}

SystemComparison compare_systems(const std::vector<ComparedSystem>& systems,
                                 const statistics::MeanTestOptions& options, int threads) {
  options.validate();
  check(systems);
  SystemComparison comparison;
  comparison.confidence = options.confidence;
  std::vector<std::pair<double, const ComparedSystem*>> order;
  order.reserve(systems.size());
  for (const ComparedSystem& system : systems)
    order.emplace_back(statistics::mean_of(system.set.scores), &system);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [mean, system] : order)
    comparison.systems.push_back({system->system, system->set.scores.size(), mean,
                                  statistics::mean_interval(system->set.scores, options.confidence), 0});
  set_ranks(comparison.systems);
  for (std::size_t better = 0; better < order.size(); ++better)
    for (std::size_t worse = better + 1; worse < order.size(); ++worse)
      comparison.pairs.push_back({better, worse, {}, std::nullopt, std::nullopt});
  statistics::MeanTestOptions test = options;
  const bool by_permutation = permutations_can_decide(comparison.pairs.size(), options);
  if (!by_permutation) test.rounds = 0;
  for_each_job(static_cast<std::int64_t>(comparison.pairs.size()), threads, [&](std::int64_t i) {
    SystemPair& pair = comparison.pairs[static_cast<std::size_t>(i)];
    pair.test =
        statistics::compare_means(order[pair.better].second->set, order[pair.worse].second->set, test);
  });
  correct(comparison, by_permutation);
  set_groups(comparison);
  return comparison;
}

SystemVerdict judge_systems(const std::string& axis, const std::vector<ComparedSystem>& systems,
                            const statistics::MeanTestOptions& options, const NoticeOptions& notice,
                            int threads) {
  SystemVerdict verdict;
  verdict.comparison = compare_systems(systems, options, threads);
  verdict.notice = notice;
  const std::vector<std::size_t> tied = tied_with_best(verdict.comparison);
  verdict.has_winner = verdict.comparison.systems.size() > 1 && tied.empty();
  if (!tied.empty()) {
    const auto set_of = [&](std::size_t place) -> const statistics::ScoreSet& {
      const std::string& name = verdict.comparison.systems[place].system;
      return std::find_if(systems.begin(), systems.end(), [&](const auto& s) { return s.system == name; })
          ->set;
    };
    const auto comparisons = static_cast<double>(verdict.comparison.pairs.size());
    verdict.clips =
        statistics::clips_to_notice(set_of(0), set_of(tied.front()), notice.difference,
                                    {.alpha = (1 - options.confidence) / comparisons, .power = notice.power});
  }
  verdict.text = verdict_text(axis, verdict);
  return verdict;
}

namespace {

std::string letter(std::size_t group) {
  return fmt::format("{}{:\'>{}}", static_cast<char>('a' + group % 26), "", group / 26);
}

}  // namespace

bool share_a_group(const RankedSystem& a, const RankedSystem& b) {
  return std::any_of(a.groups.begin(), a.groups.end(), [&](std::size_t group) {
    return std::binary_search(b.groups.begin(), b.groups.end(), group);
  });
}

std::string tie_letters(const RankedSystem& system) {
  constexpr std::size_t kMaxLetters = 3;
  std::string letters;
  for (std::size_t i = 0; i < system.groups.size();) {
    std::size_t end = i + 1;  // of the letters in a row
    while (end < system.groups.size() && system.groups[end] == system.groups[end - 1] + 1) ++end;
    if (end - i > kMaxLetters) {
      letters += letter(system.groups[i]) + "-" + letter(system.groups[end - 1]);
    } else {
      for (std::size_t k = i; k < end; ++k) letters += letter(system.groups[k]);
    }
    i = end;
  }
  return letters;
}

}  // namespace qamro::evaluation
