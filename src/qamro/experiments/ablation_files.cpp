#include "qamro/experiments/ablation_files.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "qamro/evaluation/output/json_numbers.h"
#include "qamro/io/csv.h"
#include "qamro/training/run_folder.h"

namespace qamro::experiments {
namespace {

using evaluation::ComparedLevel;
using evaluation::ComparedMetric;
using evaluation::ComparedModel;
using evaluation::interval_json;
using evaluation::optional_json;
using statistics::Interval;
using Json = nlohmann::ordered_json;

Json level_json(const ComparedLevel& level, const std::optional<RowTest>& test) {
  Json json = {{"n", level.n}};
  Json differences = Json::object();
  for (const metrics::Metric m : metrics::kMetrics) {
    const ComparedMetric& metric = level.metrics[m];
    const std::string name = name_of(m);
    json[name] = optional_json(metric.metric.value);
    json[name + "_ci"] = interval_json(metric.bootstrap.interval);
    if (!metric.metric.value) json[name + "_reason"] = metric.metric.reason;
    if (!metric.difference) continue;
    differences[name] = *metric.difference;
    differences[name + "_ci"] = interval_json(metric.difference_interval);
    differences[name + "_p"] = optional_json(metric.difference_p);
    if (m != kComparedMetric) continue;
    differences["srcc_p_holm"] = test ? Json(test->p) : Json(nullptr);
    differences["srcc_smallest_p_holm"] = test ? Json(test->smallest_p) : Json(nullptr);
  }
  if (!differences.empty()) json["difference"] = differences;
  return json;
}

Json rows_json(const std::vector<AblationRow>& rows) {
  Json models = Json::array();
  for (const AblationRow& row : rows) {
    Json entry = {{"model", row.model.model}};
    if (row.preference_factor) entry["preference_factor"] = *row.preference_factor;
    if (row.ends) entry["runs"] = training::run_ends_json(*row.ends);
    if (row.model.system) entry["system"] = level_json(*row.model.system, row.system_test);
    if (row.model.utterance) entry["utterance"] = level_json(*row.model.utterance, row.utterance_test);
    models.push_back(std::move(entry));
  }
  return models;
}

std::string cell(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

void add_interval(std::vector<std::string>& cells, const std::optional<Interval>& interval) {
  cells.push_back(interval ? fmt::format("{}", interval->low) : "");
  cells.push_back(interval ? fmt::format("{}", interval->high) : "");
}

// Value, low, high, difference, low, high, p.
void add_metric(std::vector<std::string>& cells, const ComparedMetric& metric) {
  cells.push_back(cell(metric.metric.value));
  add_interval(cells, metric.bootstrap.interval);
  cells.push_back(cell(metric.difference));
  add_interval(cells, metric.difference_interval);
  cells.push_back(cell(metric.difference_p));
}

void write_level(io::CsvWriter& csv, const AblationScope& scope, const std::string& model, const char* name,
                 const std::optional<ComparedLevel>& level) {
  if (!level) return;
  for (const metrics::Metric metric : metrics::kMetrics) {
    std::vector<std::string> cells = {scope.axis,     scope.clips, model, name, std::to_string(level->n),
                                      name_of(metric)};
    add_metric(cells, level->metrics[metric]);
    csv.write(cells);
  }
}

void write_factor(io::CsvWriter& csv, const AblationScope& scope, const AblationRow& row) {
  const auto write = [&](const char* name, const std::optional<ComparedLevel>& level,
                         const std::optional<RowTest>& test) {
    if (!level) return;
    std::vector<std::string> cells = {scope.axis, scope.clips, name, cell(row.preference_factor)};
    add_metric(cells, level->metrics[kComparedMetric]);
    cells.push_back(row.preference_factor && test ? cell(test->p) : "");
    csv.write(cells);
  };
  write("system", row.model.system, row.system_test);
  write("utterance", row.model.utterance, row.utterance_test);
}

plotting::Point point_of(double x, const ComparedMetric& metric) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto& interval = metric.bootstrap.interval;
  const double y = metric.metric.value.value_or(kNone);
  return {x, y, interval ? interval->low : y, interval ? interval->high : y};
}

// Adds one choice of clips to a panel: its curve, and its reference as a line from the first factor
// to the last.
void add_factor_series(plotting::Panel& panel, const AblationScope& scope,
                       std::optional<ComparedLevel> ComparedModel::*level, plotting::Colour colour,
                       double shift) {
  std::vector<plotting::Point> curve;
  for (const AblationRow& row : scope.factors)
    curve.push_back(point_of(*row.preference_factor + shift, (row.model.*level)->metrics[kComparedMetric]));
  const ComparedModel& reference = scope.table.front().model;
  std::vector<plotting::Point> line;
  for (const AblationRow& row : {scope.factors.front(), scope.factors.back()})
    line.push_back(point_of(*row.preference_factor, (reference.*level)->metrics[kComparedMetric]));
  panel.series.push_back({scope.clips, plotting::Style::kIntervals, colour, {std::move(curve)}});
  panel.series.push_back({fmt::format("{}, {}", reference.model, scope.clips),
                          plotting::Style::kDashed,
                          colour,
                          {std::move(line)}});
}

plotting::Panel factor_panel(const std::vector<AblationScope>& scopes, const std::string& axis,
                             const std::string& title, std::optional<ComparedLevel> ComparedModel::*level) {
  constexpr std::array kColours = {plotting::Colour::kBlue, plotting::Colour::kVermilion};
  plotting::Panel panel{fmt::format("{}, {}", axis, title),
                        "preference factor β of Eq. 3",
                        "SRCC, 95 % bootstrap interval",
                        {},
                        {}};
  std::size_t number = 0;
  for (const AblationScope& scope : scopes) {
    if (scope.axis != axis) continue;
    const double range = *scope.factors.back().preference_factor - *scope.factors.front().preference_factor;
    add_factor_series(panel, scope, level, kColours[number % kColours.size()],
                      number == 0 ? 0.0 : 0.01 * range);  // beside each other, so that both can be seen
    if (number++ > 0) continue;
    for (const AblationRow& row : scope.factors) panel.x_ticks.push_back(*row.preference_factor);
  }
  return panel;
}

}  // namespace

Json ablation_json(const std::vector<AblationScope>& scopes) {
  Json results = Json::array();
  for (const AblationScope& scope : scopes) {
    Json result = {{"axis", scope.axis}, {"clips", scope.clips}, {"models", rows_json(scope.table)}};
    if (!scope.factors.empty()) result["preference_factors"] = rows_json(scope.factors);
    results.push_back(std::move(result));
  }
  return results;
}

void write_ablation_csv(std::ostream& stream, const std::vector<AblationScope>& scopes) {
  io::CsvWriter csv(stream, ',', false);
  csv.write({"axis", "clips", "model", "level", "n", "metric", "value", "low", "high", "difference",
             "difference_low", "difference_high", "difference_p"});
  for (const AblationScope& scope : scopes)
    for (const auto* rows : {&scope.table, &scope.factors})
      for (const AblationRow& row : *rows) {
        write_level(csv, scope, row.model.model, "system", row.model.system);
        write_level(csv, scope, row.model.model, "utterance", row.model.utterance);
      }
}

void write_preference_factor_csv(std::ostream& stream, const std::vector<AblationScope>& scopes) {
  io::CsvWriter csv(stream, ',', false);
  csv.write({"axis", "clips", "level", "preference_factor", "srcc", "low", "high", "difference",
             "difference_low", "difference_high", "difference_p", "difference_p_holm"});
  for (const AblationScope& scope : scopes) {
    write_factor(csv, scope, scope.table.front());
    for (const AblationRow& row : scope.factors) write_factor(csv, scope, row);
  }
}

plotting::Chart preference_factor_chart(const std::vector<AblationScope>& scopes) {
  plotting::Chart chart;
  chart.columns = scopes.front().table.front().model.system ? 2 : 1;
  std::string last_axis;
  for (const AblationScope& scope : scopes) {
    if (!chart.panels.empty() && scope.axis == last_axis) continue;
    last_axis = scope.axis;
    if (scope.table.front().model.system)
      chart.panels.push_back(factor_panel(scopes, scope.axis, "systems", &ComparedModel::system));
    chart.panels.push_back(factor_panel(scopes, scope.axis, "utterances", &ComparedModel::utterance));
  }
  return chart;
}

}  // namespace qamro::experiments
