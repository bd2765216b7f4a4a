#include "qamro/report/headline.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace qamro::report {
namespace {

using evaluation::RankedSystem;
using Ranking = std::vector<RankedSystem>;

constexpr std::size_t kMaxNames = 3;

// "a", "a and b", "a, b and 4 more"
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  const std::size_t shown = names.size() > kMaxNames + 1 ? kMaxNames : names.size();
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

std::vector<std::string> winners(const Ranking& ranking) {
  std::vector<std::string> names;
  for (const RankedSystem& row : ranking)
    if (row.rank == 1) names.push_back(row.system);
  return names;
}

// Systems below the winner that share a group with it.
std::vector<std::string> tied_with_first(const Ranking& ranking) {
  std::vector<std::string> names;
  for (const RankedSystem& row : ranking)
    if (row.rank != 1 && row.first_group <= ranking.front().last_group) names.push_back(row.system);
  return names;
}

std::string with_interval(const RankedSystem& row) {
  if (!row.interval) return fmt::format("{:.2f}", row.mean);
  return fmt::format("{:.2f} [{:.2f}, {:.2f}]", row.mean, row.interval->low, row.interval->high);
}

std::string apart(const Ranking& ranking, const statistics::BootstrapOptions& bootstrap) {
  if (ranking.size() == 1) return "There is no other system to compare it with.";
  if (winners(ranking).size() > 1) return "They share the first place.";
  if (bootstrap.resamples == 0) return "Without resamples, qamro cannot say how sure that is.";
  if (ranking.front().clips < 2) return "One clip does not tell how sure that is.";
  const std::vector<std::string> tied = tied_with_first(ranking);
  if (tied.empty())
    return fmt::format("Its {} clips tell it apart from every other system.", ranking.front().clips);
  if (tied.size() + 1 == ranking.size()) return "The clips do not tell it apart from any other system.";
  return fmt::format("The clips do not tell it apart from {}; it is ahead of the other {}.", listed(tied),
                     ranking.size() - 1 - tied.size());
}

Headline without_systems(const ReportData& data) {
  return {fmt::format("{} clips of unknown systems", data.scores.clips()),
          "There is no ranking: name each clip's system to get one."};
}

Headline predicted(const ReportData& data, const Ranking& ranking) {
  return {
      fmt::format("Listeners would prefer {}", listed(winners(ranking))),
      fmt::format(
          "Predicted {} {}. {} The intervals show how much other clips of the same systems would change this, not how wrong the model is.",
          data.scores.axes.front(), with_interval(ranking.front()), apart(ranking, data.bootstrap))};
}

Headline judged(const ReportData& data, const AxisRanking& ranking) {
  const std::vector<std::string> liked = winners(ranking.by_label);
  const std::vector<std::string> predicted_first = winners(ranking.by_prediction);
  const bool agree = liked == predicted_first;
  return {agree ? fmt::format("Listeners prefer {}, and so say the predictions", listed(liked))
                : fmt::format("Listeners prefer {}; the predictions say {}", listed(liked),
                              listed(predicted_first)),
          fmt::format("Listeners' {} {}. {}", data.scores.axes.front(),
                      with_interval(ranking.by_label.front()), apart(ranking.by_label, data.bootstrap))};
}

Headline answer(const ReportData& data) {
  if (data.rankings.empty()) return {data.title.empty() ? "Results" : data.title, ""};
  const AxisRanking& first = data.rankings.front();
  if (first.by_prediction.empty()) return without_systems(data);
  return first.by_label.empty() ? predicted(data, first.by_prediction) : judged(data, first);
}

// A sentence: "12 of 30 clips …: … new clips (trained on 12 of 12 clips of a)."
std::string caution(const data::SeenClips& seen) {
  if (seen.seen == 0) return "";
  const std::string systems = seen.describe_systems();
  return seen.describe() + (systems.empty() ? "." : fmt::format(" ({}).", systems));
}

}  // namespace

Headline headline(const ReportData& data) {
  Headline headline = answer(data);
  headline.caution = caution(data.seen);
  return headline;
}

}  // namespace qamro::report
