#include "qamro/evaluation/text_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "qamro/evaluation/resampling_choice.h"
#include "qamro/evaluation/text_table.h"

namespace qamro::evaluation {
namespace {

constexpr std::size_t kTableWidth = 80;
constexpr std::size_t kNarrowestBar = 8;
constexpr std::size_t kWidestBar = 25;

std::string interval_text(const std::optional<Interval>& interval, int decimals) {
  if (!interval) return "";
  return fmt::format("[{:.{}f}, {:.{}f}]", interval->low, decimals, interval->high, decimals);
}

std::string percent(double confidence) {
  return fmt::format("{:g} %", 100 * confidence);
}

// Squared errors of a 0 to 100 scale need no thousandths.
int decimals_of(double number) {
  return std::abs(number) >= 10 ? 1 : 3;
}

std::string value_text(const metrics::MetricValue& metric) {
  return metric.value ? fmt::format("{:.{}f}", *metric.value, decimals_of(*metric.value)) : "–";
}

std::string metric_interval_text(const MetricEstimate& estimate, bool is_correlation) {
  const auto& interval = estimate.bootstrap.interval;
  return interval ? interval_text(interval, is_correlation ? 2 : decimals_of(interval->high)) : "";
}

void add_axis(TextTable& table, std::vector<std::string>& notes, const std::string& axis,
              const LevelMetrics& level) {
  std::vector<std::string> values = {axis, fmt::format("{}", level.n)};
  std::vector<std::string> intervals = {"", ""};
  bool any_interval = false;
  for (const MetricEstimate* estimate : level.all()) {
    values.push_back(value_text(estimate->metric));
    intervals.push_back(metric_interval_text(*estimate, estimate != &level.mse));
    any_interval |= estimate->bootstrap.interval.has_value();
    const std::string note = fmt::format("– {}: {}", axis, estimate->metric.reason);
    if (!estimate->metric.value && std::find(notes.begin(), notes.end(), note) == notes.end())
      notes.push_back(note);
  }
  table.add_row(values);
  if (any_interval) table.add_row(intervals);
}

std::string level_text(const Evaluation& evaluation, bool system_level) {
  TextTable table({{system_level ? "system" : "utterance", Align::kLeft, 9},
                   {"n"},
                   {"MSE"},
                   {"LCC"},
                   {"SRCC"},
                   {"KTAU"}});
  std::vector<std::string> notes;
  bool empty = true;
  for (const AxisEvaluation& axis : evaluation.axes) {
    const auto& level = system_level ? axis.system : axis.utterance;
    if (!level) continue;
    add_axis(table, notes, axis.axis, *level);
    empty = false;
  }
  if (empty) return "";
  std::string text = table.str();
  for (const std::string& note : notes) text += note + "\n";
  if (evaluation.bootstrap.resamples > 0)
    text += fmt::format("[ ] {} bootstrap interval, {} resamples of {}\n",
                        percent(evaluation.bootstrap.confidence), evaluation.bootstrap.resamples,
                        drawn_units(evaluation.unit, evaluation.raters, system_level));
  return text;
}

// The range of scores that the bars cover, and their width in columns.
struct Scale {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  std::size_t width = kWidestBar;

  std::size_t cell(double value) const {
    const double share = high > low ? (value - low) / (high - low) : 0.5;
    return static_cast<std::size_t>(
        std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width - 1)));
  }
};

Scale scale_of(const std::vector<RankedSystem>& ranking) {
  Scale scale;
  for (const RankedSystem& row : ranking) {
    scale.low = std::min(scale.low, row.interval ? row.interval->low : row.mean);
    scale.high = std::max(scale.high, row.interval ? row.interval->high : row.mean);
  }
  return scale;
}

// "     ├──●──┤": the interval and the mean.
std::string bar(const RankedSystem& row, const Scale& scale) {
  const std::size_t mean = scale.cell(row.mean);
  const std::size_t low = row.interval ? std::min(scale.cell(row.interval->low), mean) : mean;
  const std::size_t high = row.interval ? std::max(scale.cell(row.interval->high), mean) : mean;
  std::string text;
  for (std::size_t i = 0; i <= high; ++i) {
    if (i == mean)
      text += "●";
    else if (i < low)
      text += " ";
    else if (i == low)
      text += "├";
    else
      text += i == high ? "┤" : "─";
  }
  return text;
}

// The ends of the scale as a title over the bars.
std::string scale_title(const Scale& scale) {
  const std::string low = fmt::format("{:.2f}", scale.low);
  const std::string high = fmt::format("{:.2f}", scale.high);
  return fmt::format("{}{:>{}}", low, high, scale.width - std::min(scale.width, low.size()));
}

// The rows, with a last column of bars in the space that the other columns leave of 80.
std::string with_bars(std::vector<TextTable::Column> columns, std::vector<std::vector<std::string>> rows,
                      const std::vector<RankedSystem>& ranking) {
  TextTable numbers(columns);
  for (const auto& row : rows) numbers.add_row(row);
  Scale scale = scale_of(ranking);
  scale.width =
      std::clamp(kTableWidth - std::min(kTableWidth, numbers.width() + 2), kNarrowestBar, kWidestBar);
  columns.push_back({scale_title(scale), Align::kLeft});
  TextTable table(columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].push_back(bar(ranking[i], scale));
    table.add_row(rows[i]);
  }
  return table.str();
}

}  // namespace

std::string render_evaluation(const Evaluation& evaluation) {
  const std::string utterance = level_text(evaluation, false);
  const std::string system = level_text(evaluation, true);
  return utterance + (utterance.empty() || system.empty() ? "" : "\n") + system;
}

std::string render_system_ranking(const std::vector<RankedSystem>& ranking, const std::string& axis,
                                  double confidence) {
  if (ranking.empty()) return "no systems to rank\n";
  const bool any_interval = std::any_of(ranking.begin(), ranking.end(),
                                        [](const RankedSystem& row) { return row.interval.has_value(); });
  const std::vector<TextTable::Column> columns = {{"#"},
                                                  {"system", Align::kLeft, 20},
                                                  {"clips"},
                                                  {shortened(axis, 7)},
                                                  {any_interval ? percent(confidence) : ""},
                                                  {"tie", Align::kLeft}};
  std::vector<std::vector<std::string>> rows;
  for (const RankedSystem& row : ranking)
    rows.push_back({fmt::format("{}", row.rank), row.system, fmt::format("{}", row.clips),
                    fmt::format("{:.2f}", row.mean), interval_text(row.interval, 2), tie_letters(row)});
  std::string text = with_bars(columns, rows, ranking);
  if (any_interval)
    text += fmt::format("Systems that share a letter cannot be told apart ({} bootstrap over clips).\n",
                        percent(confidence));
  return text;
}

}  // namespace qamro::evaluation
