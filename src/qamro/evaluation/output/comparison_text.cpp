#include "qamro/evaluation/output/comparison_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

#include "qamro/evaluation/output/text_table.h"
#include "qamro/evaluation/verdict_text.h"

namespace qamro::evaluation {
namespace {

constexpr std::size_t kTableWidth = 80;
constexpr std::size_t kNarrowestBar = 8;
constexpr std::size_t kWidestBar = 25;

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

std::string ranking_table(const SystemComparison& comparison, const std::string& axis) {
  const std::vector<RankedSystem>& ranking = comparison.systems;
  const bool any_interval = std::any_of(ranking.begin(), ranking.end(),
                                        [](const RankedSystem& row) { return row.interval.has_value(); });
  const std::vector<TextTable::Column> columns = {{"#"},
                                                  {"system", Align::kLeft, 20},
                                                  {"clips"},
                                                  {shortened(axis, 7)},
                                                  {any_interval ? percent_text(comparison.confidence) : ""},
                                                  {"tie", Align::kLeft}};
  std::vector<std::vector<std::string>> rows;
  rows.reserve(ranking.size());
  for (const RankedSystem& row : ranking)
    rows.push_back({fmt::format("{}", row.rank), row.system, fmt::format("{}", row.clips),
                    fmt::format("{:.2f}", row.mean), interval_text(row.interval, 2), tie_letters(row)});
  return with_bars(columns, rows, ranking);
}

}  // namespace

std::string render_ranking(const SystemVerdict& verdict, const std::string& axis) {
  std::string text = verdict.text + "\n\n" + ranking_table(verdict.comparison, axis);
  return verdict.comparison.pairs.empty() ? text : text + letters_note(verdict.comparison) + "\n";
}

namespace {

constexpr std::size_t kFewSystems = 6;

std::string signed_text(const std::optional<double>& number) {
  return number ? fmt::format("{:+.3f}", *number) : "–";
}

std::string signed_interval_text(const std::optional<statistics::Interval>& interval) {
  return interval ? fmt::format("[{:+.3f}, {:+.3f}]", interval->low, interval->high) : "";
}

std::string p_text(const std::optional<double>& p) {
  if (!p) return "–";
  return *p < 0.001 ? "<.001" : fmt::format("{:.3f}", *p);
}

void add_level(TextTable& table, const std::string& name, const PredictorLevel& level) {
  for (const metrics::Metric m : metrics::kMetrics) {
    const ComparedPredictors& metric = level.metrics[m];
    table.add_row({m == metrics::kMetrics.front() ? fmt::format("{} ({})", name, level.n) : "", title_of(m),
                   number_text(metric.first.value), number_text(metric.second.value),
                   signed_text(metric.difference), signed_interval_text(metric.interval),
                   p_text(metric.p_bootstrap), p_text(metric.p_permutation)});
  }
}

// Each metric's two values, their difference with its interval, both p-values.
std::string predictors_table(const std::vector<PredictorComparison>& comparison, double confidence) {
  TextTable table({{"level (n)", Align::kLeft, 20},
                   {"", Align::kLeft},
                   {"A"},
                   {"B"},
                   {"A - B"},
                   {percent_text(confidence)},
                   {"p boot"},
                   {"p perm"}});
  for (const PredictorComparison& axis : comparison) {
    if (axis.utterance) add_level(table, axis.axis + " utterance", *axis.utterance);
    if (axis.system) add_level(table, axis.axis + " system", *axis.system);
  }
  return table.str();
}

// Neighbouring pairs; with up to six systems, all pairs.
std::string pairs_table(const SystemComparison& comparison) {
  TextTable table({{"better", Align::kLeft, 18},
                   {"worse", Align::kLeft, 18},
                   {"difference"},
                   {percent_text(comparison.confidence)},
                   {"p"},
                   {"p Holm"}});
  bool any_unpaired = false;
  for (const SystemPair& pair : comparison.pairs) {
    if (comparison.systems.size() > kFewSystems && pair.worse != pair.better + 1) continue;
    any_unpaired |= !pair.test.is_paired;
    table.add_row({comparison.systems[pair.better].system, comparison.systems[pair.worse].system,
                   signed_text(pair.test.difference) + (pair.test.is_paired ? "" : "*"),
                   signed_interval_text(pair.test.interval), p_text(pair.p), p_text(pair.p_holm)});
  }
  std::string text = table.str();
  if (any_unpaired) text += "* not the same items: compared as independent clips\n";
  return text;
}

}  // namespace

std::string render_predictor_results(const PredictorResults& results) {
  std::string text;
  for (const PredictorVerdict& verdict : results.verdicts) {
    text += verdict.utterance + (verdict.more_data.empty() ? "" : "; ") + verdict.more_data + "\n";
    if (!verdict.system.empty()) text += verdict.system + "\n";
  }
  for (const auto& [name, seen] : {std::pair(&results.names.first, &results.seen_by_first),
                                   std::pair(&results.names.second, &results.seen_by_second)})
    if (seen->seen > 0) text += fmt::format("{}: {}\n", *name, seen->describe("its results"));
  const statistics::BootstrapOptions& bootstrap = results.how.bootstrap;
  return text + fmt::format("\nA: {}\nB: {}\n", results.names.first, results.names.second) +
         predictors_table(results.comparison, bootstrap.confidence) +
         fmt::format("[ ] {} paired resamples of {}; p perm: {} paired permutations\n", bootstrap.resamples,
                     statistics::drawn_units(results.how.unit, results.how.raters, false),
                     results.permutations);
}

std::string render_verdict(const SystemVerdict& verdict, const std::string& axis) {
  const std::string pairs = verdict.comparison.pairs.empty() ? "" : "\n" + pairs_table(verdict.comparison);
  return render_ranking(verdict, axis) + pairs + "\n";
}

}  // namespace qamro::evaluation
