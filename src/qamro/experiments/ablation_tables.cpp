#include "qamro/experiments/ablation_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "qamro/evaluation/output/text_table.h"
#include "qamro/statistics/paired_permutation.h"

namespace qamro::experiments {
namespace {

using evaluation::Align;
using evaluation::ComparedMetric;
using evaluation::ComparedModel;
using evaluation::TextTable;
using statistics::Interval;

std::string interval_text(const std::optional<Interval>& interval, bool with_sign = false) {
  if (!interval) return "";
  return fmt::format(" [{} {}]", short_number(interval->low, 2, with_sign),
                     short_number(interval->high, 2, with_sign));
}

std::string metric_text(const ComparedMetric& metric) {
  if (!metric.metric.value) return "–";
  return short_number(*metric.metric.value, 3) + interval_text(metric.bootstrap.interval);
}

std::string difference_text(const ComparedMetric& metric) {
  if (!metric.difference) return "–";
  return short_number(*metric.difference, 3, true) + interval_text(metric.difference_interval, true);
}

// The names of the default rows begin with what they add: "+ quality weighting = QAMRO (Eq. 3)".
std::string plain_name(const std::string& name) {
  return name.starts_with("+ ") ? name.substr(2) : name;
}

std::string p_text(double p) {
  return p < 0.001 ? "p < .001" : "p = " + short_number(p, p < 0.1 ? 3 : 2);
}

void add_level(std::string& text, const AblationScope& scope, const char* title, Level level) {
  const auto& reference = scope.table.front().model.*level;
  if (!reference) return;
  std::vector<TextTable::Column> columns = {
      {fmt::format("{} (n = {})", title, reference->n), Align::kLeft, 40}};
  for (const metrics::Metric metric : metrics::kMetrics)
    columns.push_back({title_of(metric), Align::kLeft, 20});
  TextTable table(columns);
  for (const AblationRow& row : scope.table) {
    std::vector<std::string> cells = {row.model.model};
    for (const metrics::Metric metric : metrics::kMetrics)
      cells.push_back(metric_text((row.model.*level)->metrics[metric]));
    table.add_row(std::move(cells));
  }
  text += table.str() + "\n";
}

void add_factors(std::string& text, const AblationScope& scope) {
  if (scope.factors.empty()) return;
  const std::string minus = "- " + plain_name(scope.table.front().model.model);
  const bool has_systems = scope.table.front().model.system.has_value();
  std::vector<TextTable::Column> columns = {{"preference factor", Align::kRight, 20},
                                            {"utterance SRCC", Align::kLeft, 24},
                                            {minus, Align::kLeft, 28}};
  if (has_systems) {
    columns.push_back({"system SRCC", Align::kLeft, 24});
    columns.push_back({minus, Align::kLeft, 28});
  }
  TextTable table(columns);
  const auto mark = [](const std::optional<RowTest>& test) {
    return test && test->shows_difference() ? " *" : "";
  };
  for (const AblationRow& row : scope.factors) {
    const ComparedMetric& utterance = row.model.utterance->metrics[kComparedMetric];
    std::vector<std::string> cells = {fmt::format("{}", *row.preference_factor), metric_text(utterance),
                                      difference_text(utterance) + mark(row.utterance_test)};
    if (has_systems) {
      const ComparedMetric& system = row.model.system->metrics[kComparedMetric];
      cells.push_back(metric_text(system));
      cells.push_back(difference_text(system) + mark(row.system_test));
    }
    table.add_row(std::move(cells));
  }
  text += table.str() + fmt::format("* larger than chance: p <= .05, Holm-corrected over the {} factors\n\n",
                                    scope.factors.size());
}

std::string verdict(const char* level, const ComparedMetric& metric, const std::optional<RowTest>& test) {
  const std::string what = fmt::format("{} SRCC {}", level, difference_text(metric));
  if (!test)
    return fmt::format("{}, undefined{}{}", what, metric.metric.reason.empty() ? "" : ": ",
                       metric.metric.reason);
  if (!test->can_show_difference())
    return fmt::format("{}, undecided ({}, which can be {} at the least)", what, p_text(test->p),
                       short_number(test->smallest_p, 3));
  return fmt::format("{}, {} than chance ({})", what, test->shows_difference() ? "larger" : "not larger",
                     p_text(test->p));
}

// "QAMRO - regression only: utterance SRCC +.012 [-.01 +.03], not larger than chance (p = .31);\n    system
// …"
std::string sentence(const AblationRow& row, const std::string& reference) {
  std::string text =
      fmt::format("{} - {}: {}", plain_name(row.model.model), plain_name(reference),
                  verdict("utterance", row.model.utterance->metrics[kComparedMetric], row.utterance_test));
  if (row.model.system)
    text += ";\n    " + verdict("system", row.model.system->metrics[kComparedMetric], row.system_test);
  return text + ".\n";
}

void add_sentences(std::string& text, const AblationScope& scope) {
  const std::string& reference = scope.table.front().model.model;
  for (std::size_t i = 1; i < scope.table.size(); ++i) text += sentence(scope.table[i], reference);
  text += '\n';
}

// What the tests of a table's rows would need at a level; "" if they can show a difference.
std::string needs_of_rows(const std::vector<AblationRow>& rows, const char* name, Level level,
                          std::optional<RowTest> AblationRow::*test, const TestedUnits& units) {
  std::vector<std::optional<RowTest>> tests;
  tests.reserve(rows.size());
  for (const AblationRow& row : rows) tests.push_back(row.*test);
  if (rows.empty() || !(rows.front().model.*level)) return "";
  return needs_text(name, tests, (rows.front().model.*level)->units, units);
}

std::string explanation(const std::vector<AblationScope>& scopes, const TestedUnits& units,
                        std::int64_t resamples) {
  const auto tested = std::ranges::count_if(
      scopes.front().table, [](const AblationRow& row) { return row.utterance_test.has_value(); });
  std::string text = fmt::format(
      "[low high]: 95 % bootstrap interval over {0}s ({1} resamples), for new {0}s of these systems; differences are paired on the same clips and folds.\n"
      "p: two-sided, paired permutation of {0}s (for new {0}s) or of systems (for new systems of this kind), {2} rounds; Holm-corrected over the {3} rows compared at each level; larger than chance: p <= .05.\n",
      units.utterance, resamples, units.permutations, tested);
  for (const AblationScope& scope : scopes) {
    const std::string where = scopes.size() == 1 ? "" : fmt::format("{}, {}: ", scope.axis, scope.clips);
    for (const auto* rows : {&scope.table, &scope.factors}) {
      const TestedUnits named{units.utterance, units.permutations, where};
      text +=
          needs_of_rows(*rows, "utterance", &ComparedModel::utterance, &AblationRow::utterance_test, named);
      text += needs_of_rows(*rows, "system", &ComparedModel::system, &AblationRow::system_test, named);
    }
  }
  return text;
}

// axes: the scopes of one choice of clips, one per axis.
void write_markdown_table(std::ostream& stream, const std::vector<const AblationScope*>& axes,
                          const char* title, Level level) {
  const AblationScope& first = *axes.front();
  if (!(first.table.front().model.*level)) return;
  std::string header = fmt::format("| {}, {} |", title, markdown_cell(first.clips));
  std::string rule = "|---|";
  for (const AblationScope* scope : axes)
    for (const metrics::Metric metric : metrics::kMetrics) {
      header += axes.size() == 1 ? fmt::format(" {} |", title_of(metric))
                                 : fmt::format(" {} {} |", markdown_cell(scope->axis), title_of(metric));
      rule += "---|";
    }
  stream << header << '\n' << rule << '\n';
  for (const AblationRow& first_row : first.table) {
    const std::string& name = first_row.model.model;
    std::string line = fmt::format("| {} |", markdown_cell(name));
    for (const AblationScope* scope : axes) {
      const auto row = std::find_if(scope->table.begin(), scope->table.end(),
                                    [&](const AblationRow& other) { return other.model.model == name; });
      for (const metrics::Metric m : metrics::kMetrics)  // a baseline has scores for the first axis only
        line += row == scope->table.end()
                    ? " – |"
                    : fmt::format(" {} |", metric_text((row->model.*level)->metrics[m]));
    }
    stream << line << '\n';
  }
  stream << '\n';
}

}  // namespace

std::string short_number(double value, int decimals, bool with_sign) {
  std::string text =
      with_sign ? fmt::format("{:+.{}f}", value, decimals) : fmt::format("{:.{}f}", value, decimals);
  if (const std::size_t zero = text.find("0.");
      zero != std::string::npos && zero <= 1 && (zero == 0 || text[0] < '0'))
    text.erase(zero, 1);
  return text;
}

std::string markdown_cell(const std::string& text) {
  constexpr std::string_view kMarkup = "|\\`<*_[";
  std::string cell;
  for (const char c : text) {
    if (kMarkup.find(c) != std::string_view::npos) cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

std::string needs_text(const char* level, std::span<const std::optional<RowTest>> tests, std::size_t units,
                       const TestedUnits& what) {
  const auto first = std::ranges::find_if(tests, [](const auto& test) { return test.has_value(); });
  if (first == tests.end() || (*first)->can_show_difference()) return "";
  const auto count = static_cast<std::size_t>(
      std::ranges::count_if(tests, [](const auto& test) { return test.has_value(); }));
  const auto needs = statistics::needs_of_permutation(count, kSignificance);
  const std::string unit = std::string_view(level) == "system" ? "system" : what.utterance;
  std::string text =
      fmt::format("{}{} level: {} test{} of {} {}s cannot go below p = {}; p <= .05 needs", what.where, level,
                  count, count == 1 ? "" : "s", units, unit, short_number((*first)->smallest_p, 3));
  if (units < needs.units) text += fmt::format(" {} {}s", needs.units, unit);
  if (units < needs.units && what.permutations < needs.rounds) text += " and";
  if (what.permutations < needs.rounds)
    text += fmt::format(" {} permutations (ablate.permutations)", needs.rounds);
  return text + " or more.\n";
}

std::string markdown_note(const std::string& note) {
  return fmt::format("Note: {}.\n\n", markdown_cell(note));
}

std::string render_ablation(const std::vector<AblationScope>& scopes, const TestedUnits& units,
                            std::int64_t resamples) {
  std::string text;
  for (const AblationScope& scope : scopes) {
    text += fmt::format("{}, {}\n\n", scope.axis, scope.clips);
    add_level(text, scope, "system level", &ComparedModel::system);
    add_level(text, scope, "utterance level", &ComparedModel::utterance);
    add_factors(text, scope);
    add_sentences(text, scope);
  }
  return text + explanation(scopes, units, resamples);
}

void write_ablation_markdown(std::ostream& stream, const std::vector<AblationScope>& scopes,
                             const std::vector<std::string>& notes) {
  std::vector<std::string> choices;
  for (const AblationScope& scope : scopes)
    if (std::find(choices.begin(), choices.end(), scope.clips) == choices.end())
      choices.push_back(scope.clips);
  for (const std::string& clips : choices) {
    std::vector<const AblationScope*> axes;
    for (const AblationScope& scope : scopes)
      if (scope.clips == clips) axes.push_back(&scope);
    write_markdown_table(stream, axes, "systems", &ComparedModel::system);
    write_markdown_table(stream, axes, "utterances", &ComparedModel::utterance);
  }
  for (const std::string& note : notes) stream << markdown_note(note);
}

}  // namespace qamro::experiments
