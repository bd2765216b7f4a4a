#include "qamro/experiments/preference_peak.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qamro/experiments/paper_layout.h"

namespace qamro::experiments {
namespace {

using evaluation::ComparedModel;
using Json = nlohmann::ordered_json;

std::optional<double> srcc_of(const AblationRow& row, Level level) {
  const auto& found = row.model.*level;
  return found ? found->metrics[kComparedMetric].metric.value : std::nullopt;
}

// Without a test. Absent if no factor has an SRCC.
std::optional<PreferencePeak> peak_of(const AblationScope& scope, const char* name, Level level) {
  PreferencePeak peak{scope.axis, scope.clips, name, {}, 0.0, 0, 0.0, 0.0, std::nullopt};
  for (const AblationRow& row : scope.factors) {
    const std::optional<double> srcc = srcc_of(row, level);
    if (!srcc) continue;
    if (peak.factors == 0 || *srcc > peak.srcc) {
      peak.highest.clear();
      peak.srcc = *srcc;
    }
    if (*srcc == peak.srcc) peak.highest.push_back(*row.preference_factor);
    if (peak.factors == 0 || *srcc < peak.lowest_srcc) {
      peak.lowest = *row.preference_factor;
      peak.lowest_srcc = *srcc;
    }
    ++peak.factors;
  }
  return peak.factors == 0 ? std::nullopt : std::optional(std::move(peak));
}

const AblationScores& scores_of(const std::vector<AblationScores>& scores, double factor) {
  return *std::ranges::find_if(scores,
                               [&](const AblationScores& one) { return one.preference_factor == factor; });
}

void add_test(const training::Recipe& recipe, const training::Dataset& dataset,
              const std::vector<AblationScores>& scores, Level level, PreferencePeak& peak) {
  if (peak.is_tie()) return;
  AblationScores low = scores_of(scores, peak.lowest), high = scores_of(scores, peak.highest.front());
  low.preference_factor.reset();  // rows of one table
  high.preference_factor.reset();
  for (const AblationScope& scope : compare_scores(recipe, dataset, {low, high})) {
    if (scope.axis != peak.axis || scope.clips != peak.clips) continue;
    const AblationRow& row = scope.table.back();
    peak.test = level == &ComparedModel::system ? row.system_test : row.utterance_test;
  }
  if (!peak.test) return;
  const double pairs = 0.5 * static_cast<double>(peak.factors * (peak.factors - 1));
  peak.test->p = std::min(1.0, peak.test->p * pairs);
  peak.test->smallest_p = std::min(1.0, peak.test->smallest_p * pairs);
}

std::string verdict_of(const PreferencePeak& peak) {
  const std::string value = short_number(peak.srcc, 3);
  if (peak.factors == 1) return fmt::format("one factor has no peak ({})", value);
  if (peak.is_tie()) return fmt::format("all {} factors tie at {}: no peak", peak.factors, value);
  std::string text = fmt::format("highest at {} ({}), lowest at {} ({})", fmt::join(peak.highest, ", "),
                                 value, peak.lowest, short_number(peak.lowest_srcc, 3));
  if (!peak.test) return text + ": not tested";
  const std::string p = short_number(peak.test->p, 3);
  if (peak.test->shows_difference()) return text + fmt::format(": more than chance, p = {}", p);
  if (!peak.test->can_show_difference())
    return text + fmt::format(": undecided, p = {}, which can be {} at the least", p,
                              short_number(peak.test->smallest_p, 3));
  return text + fmt::format(", which cannot be told apart (p = {}): no peak", p);
}

}  // namespace

std::vector<PreferencePeak> preference_peaks(const training::Recipe& recipe, const training::Dataset& dataset,
                                             const std::vector<AblationScores>& scores,
                                             const std::vector<AblationScope>& scopes) {
  std::vector<PreferencePeak> peaks;
  for (const AblationScope& scope : scopes)
    for (const auto& [name, level] :
         {std::pair{"system", &ComparedModel::system}, {"utterance", &ComparedModel::utterance}}) {
      auto peak = peak_of(scope, name, level);
      if (!peak) continue;
      add_test(recipe, dataset, scores, level, *peak);
      peaks.push_back(std::move(*peak));
    }
  return peaks;
}

std::string render_peaks(std::span<const PreferencePeak> peaks) {
  if (peaks.empty()) return "";
  std::string text = fmt::format(
      "SRCC over the preference factors (the paper's curve, of systems, peaks at {})\n\n", kPaperPeakFactor);
  for (const PreferencePeak& peak : peaks)
    text += fmt::format("{}, {}, {}s: {}.\n", peak.axis, peak.clips, peak.level, verdict_of(peak));
  return text + "p: highest against lowest, times the number of pairs of factors.\n\n";
}

Json peaks_json(std::span<const PreferencePeak> peaks) {
  Json list = Json::array();
  for (const PreferencePeak& peak : peaks)
    list.push_back({{"axis", peak.axis},
                    {"clips", peak.clips},
                    {"level", peak.level},
                    {"factors", peak.factors},
                    {"highest", peak.highest},
                    {"srcc", peak.srcc},
                    {"lowest", peak.lowest},
                    {"lowest_srcc", peak.lowest_srcc},
                    {"p", peak.test ? Json(peak.test->p) : Json(nullptr)},
                    {"smallest_p", peak.test ? Json(peak.test->smallest_p) : Json(nullptr)},
                    {"verdict", verdict_of(peak)}});
  return list;
}

}  // namespace qamro::experiments
