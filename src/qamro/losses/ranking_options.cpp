#include "qamro/losses/ranking_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "qamro/core/error.h"
#include "qamro/losses/option_checks.h"

namespace qamro::losses {
namespace {

void check_range(const char* option, const std::array<double, 2>& range) {
  if (!(std::isfinite(range[0]) && std::isfinite(range[1]) && range[0] < range[1]))
    throw InvalidInput(fmt::format("RankingOptions.{}: expected [lowest, highest], got [{}, {}]", option,
                                   range[0], range[1]));
}

}  // namespace

QualityTable QualityTable::published(std::string_view axis) {
  // {low, value of the interval [low, low + 1)}
  static const std::map<std::string_view, std::vector<std::array<double, 2>>> tables = {
      {"PQ", {{6, 9.5}, {7, 8.5}, {5, 7.5}, {4, 6.5}, {8, 5.5}, {3, 4.5}}},
      {"PC", {{3, 9.5}, {1, 8.5}, {4, 7.5}, {2, 6.5}, {6, 5.5}, {5, 4.5}, {7, 3.5}}},
      {"CE", {{6, 9.5}, {5, 8.5}, {3, 7.5}, {4, 6.5}, {7, 5.5}, {2, 4.5}}},
      {"CU", {{6, 9.5}, {7, 8.5}, {5, 7.5}, {4, 6.5}, {3, 5.5}, {8, 4.5}}}};
  const auto found = tables.find(axis);
  if (found == tables.end())
    throw InvalidInput(fmt::format("quality table: expected PQ, PC, CE or CU, got '{}'", axis));
  QualityTable table;
  for (const auto& [low, value] : found->second) table.intervals.push_back({low, low + 1, value});
  return table;
}

void QualityTable::validate() const {
  check_range("quality_table.range", range);
  std::vector<QualityInterval> sorted = intervals;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
  double end = range[0];
  for (const QualityInterval& interval : sorted) {
    if (!(interval.low >= end && interval.low < interval.high && interval.high <= range[1]))
      throw InvalidInput(fmt::format(
          "RankingOptions.quality_table: expected intervals in [{}, {}] that do not overlap, got [{}, {})",
          range[0], range[1], interval.low, interval.high));
    check_not_negative("RankingOptions.quality_table: value", interval.value);
    end = interval.high;
  }
}

RankingOptions RankingOptions::fixed_margin(double margin) {
  RankingOptions options;
  options.margin = margin;
  options.margin_scale = 0.0;
  options.preference_factor = 1.0;
  return options;
}

RankingOptions RankingOptions::adaptive_margin(double margin_scale) {
  RankingOptions options;
  options.margin_scale = margin_scale;
  options.preference_factor = 1.0;
  return options;
}

RankingOptions RankingOptions::qamro(double margin_scale, double preference_factor) {
  RankingOptions options;
  options.margin_scale = margin_scale;
  options.preference_factor = preference_factor;
  return options;
}

void RankingOptions::validate() const {
  check_finite("RankingOptions.margin", margin);
  check_not_negative("RankingOptions.margin_scale", margin_scale);
  check_not_negative("RankingOptions.preference_factor", preference_factor);
  if (quality_range) check_range("quality_range", *quality_range);
  if (quality_table) quality_table->validate();
  if (quality_range && quality_table)
    throw InvalidInput("RankingOptions: expected quality_range or quality_table, got both");
}

}  // namespace qamro::losses
