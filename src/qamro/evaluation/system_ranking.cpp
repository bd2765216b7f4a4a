#include "qamro/evaluation/system_ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/metrics/system_means.h"
#include "qamro/statistics/multiple_comparisons.h"

namespace qamro::evaluation {
namespace {

struct System {
  std::string name;
  double mean = 0;
  std::vector<std::pair<std::string, double>> clips;  // item and score, by item
  std::string stream;                                 // systems with the same one draw the same clips
  std::vector<double> resampled_means;
};

void check(const SystemScores& scores) {
  const std::size_t n = scores.scores.size();
  if (scores.systems.size() != n)
    throw InvalidInput(fmt::format("system ranking: expected {} systems, got {}", n, scores.systems.size()));
  if (!scores.items.empty() && scores.items.size() != n)
    throw InvalidInput(fmt::format("system ranking: expected {} items, got {}", n, scores.items.size()));
  for (const std::string& system : scores.systems)
    if (system.empty())
      throw InvalidInput("system ranking: expected a name for every clip's system, got none");
}

// The joined items, each after its length, so that no two lists give the same text.
std::string stream_of(const System& system, bool has_items) {
  if (!has_items) return "system:" + system.name;
  std::string stream = "items:";
  for (const auto& [item, score] : system.clips) stream += fmt::format("{}:{},", item.size(), item);
  return stream;
}

// Best mean first; equal means in file order.
std::vector<System> sorted_systems(const SystemScores& scores) {
  const metrics::SystemMeans means = metrics::system_means(scores.systems, scores.scores);
  std::vector<System> systems(means.systems.size());
  std::unordered_map<std::string, std::size_t> position;
  for (std::size_t s = 0; s < systems.size(); ++s) {
    systems[s].name = means.systems[s];
    systems[s].mean = means.means[s];
    position[means.systems[s]] = s;
  }
  for (std::size_t i = 0; i < scores.scores.size(); ++i)
    systems[position[scores.systems[i]]].clips.emplace_back(scores.items.empty() ? "" : scores.items[i],
                                                            scores.scores[i]);
  for (System& system : systems) {
    std::stable_sort(system.clips.begin(), system.clips.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    system.stream = stream_of(system, !scores.items.empty());
  }
  std::stable_sort(systems.begin(), systems.end(),
                   [](const System& a, const System& b) { return a.mean > b.mean; });
  return systems;
}

void resample_means(System& system, const statistics::BootstrapOptions& options) {
  const std::size_t n = system.clips.size();
  const std::uint64_t stream = derive_seed(options.seed, system.stream);
  system.resampled_means.resize(static_cast<std::size_t>(options.resamples));
  for (std::size_t r = 0; r < system.resampled_means.size(); ++r) {
    Random random(derive_seed(stream, "resample", r));
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += system.clips[random.below(n)].second;
    system.resampled_means[r] = sum / static_cast<double>(n);
  }
}

bool told_apart(const System& a, const System& b, const statistics::BootstrapOptions& options) {
  if (options.resamples == 0) return a.mean != b.mean;
  if (a.clips.size() < 2 || b.clips.size() < 2) return false;
  std::vector<double> difference(a.resampled_means.size());
  std::transform(a.resampled_means.begin(), a.resampled_means.end(), b.resampled_means.begin(),
                 difference.begin(), [](double x, double y) { return x - y; });
  return !statistics::percentile_interval(difference, options.confidence).interval->contains(0.0);
}

// For every system, the last of the consecutive worse systems that it cannot be told apart from.
std::vector<std::size_t> run_ends(const std::vector<System>& systems,
                                  const statistics::BootstrapOptions& options) {
  std::vector<std::size_t> ends(systems.size());
  for_each_job(static_cast<std::int64_t>(systems.size()), options.threads, [&](std::int64_t i) {
    const auto first = static_cast<std::size_t>(i);
    std::size_t last = first;
    while (last + 1 < systems.size() && !told_apart(systems[first], systems[last + 1], options)) ++last;
    ends[first] = last;
  });
  return ends;
}

std::string letter(std::size_t group) {
  return fmt::format("{}{:\'>{}}", static_cast<char>('a' + group % 26), "", group / 26);
}

}  // namespace

std::vector<RankedSystem> system_ranking(const SystemScores& scores,
                                         const statistics::BootstrapOptions& options) {
  options.validate();
  check(scores);
  std::vector<System> systems = sorted_systems(scores);
  for_each_job(static_cast<std::int64_t>(systems.size()), options.threads,
               [&](std::int64_t i) { resample_means(systems[static_cast<std::size_t>(i)], options); });

  std::vector<RankedSystem> ranking;
  for (std::size_t i = 0; i < systems.size(); ++i) {
    const System& system = systems[i];
    const bool ties_previous = i > 0 && systems[i - 1].mean == system.mean;
    RankedSystem row{system.name,
                     system.clips.size(),
                     system.mean,
                     std::nullopt,
                     ties_previous ? ranking.back().rank : i + 1,
                     0,
                     0};
    if (system.clips.size() > 1)
      row.interval = statistics::percentile_interval(system.resampled_means, options.confidence).interval;
    ranking.push_back(std::move(row));
  }
  const std::vector<statistics::TieGroups> groups = statistics::tie_groups(run_ends(systems, options));
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    ranking[i].first_group = groups[i].first;
    ranking[i].last_group = groups[i].last;
  }
  return ranking;
}

std::string tie_letters(const RankedSystem& system) {
  constexpr std::size_t kMaxLetters = 3;
  if (system.last_group - system.first_group >= kMaxLetters)
    return letter(system.first_group) + "-" + letter(system.last_group);
  std::string letters;
  for (std::size_t group = system.first_group; group <= system.last_group; ++group) letters += letter(group);
  return letters;
}

}  // namespace qamro::evaluation
