#include "cli/ablation_report.h"

#include <fmt/format.h>

#include <optional>

#include "qamro/evaluation/text_table.h"
#include "qamro/io/csv.h"

namespace qamro::cli {
namespace {

using evaluation::ComparedLevel;
using evaluation::ComparedMetric;
using evaluation::ComparedModel;
using evaluation::Interval;
using evaluation::TextTable;
using Json = nlohmann::ordered_json;

constexpr std::size_t kSrcc = 2;

// ".506", "-.02", "1.000": three decimals without the zero before the point, as the paper prints them.
std::string short_number(double value, int decimals, bool with_sign = false) {
  std::string text =
      with_sign ? fmt::format("{:+.{}f}", value, decimals) : fmt::format("{:.{}f}", value, decimals);
  if (const std::size_t zero = text.find("0.");
      zero != std::string::npos && zero <= 1 && (zero == 0 || text[0] < '0'))
    text.erase(zero, 1);
  return text;
}

std::string interval_text(const std::optional<Interval>& interval) {
  if (!interval) return "";
  return fmt::format(" [{} {}]", short_number(interval->low, 2), short_number(interval->high, 2));
}

std::string metric_text(const ComparedMetric& metric) {
  if (!metric.metric.value) return "–";
  return short_number(*metric.metric.value, 3) + interval_text(metric.bootstrap.interval);
}

void add_level(std::string& text, const AblationScope& scope, const char* title,
               std::optional<ComparedLevel> ComparedModel::*level) {
  if (!(scope.models.front().*level)) return;
  const TextTable::Column numbers{"", evaluation::Align::kLeft, 20};
  TextTable table(
      {{fmt::format("{} (n = {})", title, (scope.models.front().*level)->n), evaluation::Align::kLeft, 40},
       {"MSE", numbers.align, numbers.most},
       {"LCC", numbers.align, numbers.most},
       {"SRCC", numbers.align, numbers.most},
       {"KTAU", numbers.align, numbers.most}});
  for (const ComparedModel& model : scope.models) {
    std::vector<std::string> cells = {model.model};
    for (const ComparedMetric& metric : (model.*level)->metrics) cells.push_back(metric_text(metric));
    table.add_row(std::move(cells));
  }
  text += table.str() + "\n";
}

std::string difference_text(const std::optional<ComparedLevel>& level) {
  if (!level || !level->metrics[kSrcc].difference) return "–";
  const ComparedMetric& metric = level->metrics[kSrcc];
  return short_number(*metric.difference, 3, true) + interval_text(metric.difference_bootstrap.interval) +
         (metric.is_beyond_chance() ? " *" : "");
}

void add_differences(std::string& text, const AblationScope& scope) {
  TextTable table(
      {{fmt::format("SRCC minus that of '{}'", scope.models.front().model), evaluation::Align::kLeft, 50},
       {"utterance", evaluation::Align::kLeft, 24},
       {"system", evaluation::Align::kLeft, 24}});
  for (std::size_t i = 1; i < scope.models.size(); ++i)
    table.add_row({scope.models[i].model, difference_text(scope.models[i].utterance),
                   difference_text(scope.models[i].system)});
  text += table.str() + "\n";
}

Json interval_json(const std::optional<Interval>& interval) {
  return interval ? Json{interval->low, interval->high} : Json(nullptr);
}

Json level_json(const ComparedLevel& level) {
  Json json = {{"n", level.n}};
  Json differences = Json::object();
  for (std::size_t m = 0; m < level.metrics.size(); ++m) {
    const ComparedMetric& metric = level.metrics[m];
    const std::string name = evaluation::kMetricNames[m];
    json[name] = metric.metric.value ? Json(*metric.metric.value) : Json(nullptr);
    json[name + "_ci"] = interval_json(metric.bootstrap.interval);
    if (!metric.metric.value) json[name + "_reason"] = metric.metric.reason;
    if (!metric.difference) continue;
    differences[name] = *metric.difference;
    differences[name + "_ci"] = interval_json(metric.difference_bootstrap.interval);
  }
  if (!differences.empty()) json["difference"] = differences;
  return json;
}

std::string cell(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

void add_interval(std::vector<std::string>& cells, const std::optional<Interval>& interval) {
  cells.push_back(interval ? fmt::format("{}", interval->low) : "");
  cells.push_back(interval ? fmt::format("{}", interval->high) : "");
}

void write_level(io::CsvWriter& csv, const AblationScope& scope, const std::string& model, const char* name,
                 const std::optional<ComparedLevel>& level) {
  if (!level) return;
  for (std::size_t m = 0; m < level->metrics.size(); ++m) {
    const ComparedMetric& metric = level->metrics[m];
    std::vector<std::string> cells = {scope.axis,
                                      scope.clips,
                                      model,
                                      name,
                                      std::to_string(level->n),
                                      evaluation::kMetricNames[m],
                                      cell(metric.metric.value)};
    add_interval(cells, metric.bootstrap.interval);
    cells.push_back(cell(metric.difference));
    add_interval(cells, metric.difference_bootstrap.interval);
    csv.write(cells);
  }
}

}  // namespace

std::string render_ablation(const std::vector<AblationScope>& scopes, const std::string& interval_unit) {
  std::string text;
  for (const AblationScope& scope : scopes) {
    text += fmt::format("{}, {}\n\n", scope.axis, scope.clips);
    add_level(text, scope, "system level", &ComparedModel::system);
    add_level(text, scope, "utterance level", &ComparedModel::utterance);
    add_differences(text, scope);
  }
  return text + fmt::format("[low high]: 95 % bootstrap interval over {}s; * the interval leaves out 0.\n",
                            interval_unit);
}

Json ablation_json(const std::vector<AblationScope>& scopes) {
  Json results = Json::array();
  for (const AblationScope& scope : scopes) {
    Json models = Json::array();
    for (const ComparedModel& model : scope.models) {
      Json entry = {{"model", model.model}};
      if (model.system) entry["system"] = level_json(*model.system);
      if (model.utterance) entry["utterance"] = level_json(*model.utterance);
      models.push_back(std::move(entry));
    }
    results.push_back({{"axis", scope.axis}, {"clips", scope.clips}, {"models", std::move(models)}});
  }
  return results;
}

void write_ablation_csv(std::ostream& stream, const std::vector<AblationScope>& scopes) {
  io::CsvWriter csv(stream);
  csv.write({"axis", "clips", "model", "level", "n", "metric", "value", "low", "high", "difference",
             "difference_low", "difference_high"});
  for (const AblationScope& scope : scopes)
    for (const ComparedModel& model : scope.models) {
      write_level(csv, scope, model.model, "system", model.system);
      write_level(csv, scope, model.model, "utterance", model.utterance);
    }
}

}  // namespace qamro::cli
