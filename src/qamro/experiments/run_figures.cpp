#include "qamro/experiments/run_figures.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <map>

#include "qamro/core/error.h"
#include "qamro/io/csv.h"
#include "qamro/metrics/metric.h"
#include "qamro/plotting/chart.h"

namespace qamro::experiments {
namespace {

namespace fs = std::filesystem;

// A csv file with columns by name.
class Columns {
 public:
  explicit Columns(const fs::path& path) : reader_(path) {}

  bool next() { return reader_.next(row_); }
  const std::string& text(const std::string& column) const {
    return row_.fields[reader_.require_column(column)];
  }

  // Returns NaN for an empty cell.
  double number(const std::string& column) const {
    const std::string& field = text(column);
    if (field.empty()) return std::numeric_limits<double>::quiet_NaN();
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size())
      throw InvalidInput(fmt::format("{}: column '{}': expected a number, got '{}'", reader_.where(row_.line),
                                     column, field));
    return value;
  }

  report::Cell estimate(const std::string& value) const {
    if (text(value).empty()) return {};
    report::Estimate estimate{number(value), std::nullopt};
    if (!text("low").empty() && !text("high").empty())
      estimate.interval = statistics::Interval{number("low"), number("high")};
    return estimate;
  }

 private:
  io::CsvReader reader_;
  io::CsvRow row_;
};

void add_learning_curves(report::ReportData& data, const fs::path& run) {
  const training::Recipe recipe = training::load_recipe(run / "recipe.toml");
  data.figures.push_back(
      {fmt::format("Learning curves of {}", run.filename().string()),
       "Thin lines are single runs, thick lines are their mean. If the validation loss rises again while the training loss falls, the run overfits; early stopping keeps the marked epochs.",
       learning_curves_of_run(run, recipe)});
}

// The curve over factors; the row without a factor is the reference, drawn as a line.
struct FactorCurve {
  std::vector<plotting::Point> points;
  double reference = std::numeric_limits<double>::quiet_NaN();
};

plotting::Panel factor_panel(const std::string& title, const std::map<std::string, FactorCurve>& curves) {
  constexpr std::array kColours = {plotting::Colour::kBlue, plotting::Colour::kVermilion};
  plotting::Panel panel{title, "preference factor β of Eq. 3", "SRCC", {}, {}};
  std::size_t number = 0;
  for (const auto& [clips, curve] : curves) {
    if (curve.points.empty()) continue;
    const auto colour = kColours[number++ % kColours.size()];
    panel.series.push_back({clips, plotting::Style::kIntervals, colour, {curve.points}});
    const double first = curve.points.front().x, last = curve.points.back().x;
    panel.series.push_back({fmt::format("reference, {}", clips),
                            plotting::Style::kDashed,
                            colour,
                            {{{first, curve.reference}, {last, curve.reference}}}});
  }
  return panel;
}

void add_preference_factor(report::ReportData& data, const fs::path& run) {
  std::map<std::pair<std::string, std::string>, std::map<std::string, FactorCurve>>
      panels;  // by axis and level
  for (Columns row(run / "preference_factor.csv"); row.next();) {
    FactorCurve& curve = panels[{row.text("axis"), row.text("level")}][row.text("clips")];
    if (row.text("preference_factor").empty())
      curve.reference = row.number("srcc");
    else
      curve.points.push_back(
          {row.number("preference_factor"), row.number("srcc"), row.number("low"), row.number("high")});
  }
  plotting::Chart chart;
  for (const auto& [where, curves] : panels)
    chart.panels.push_back(factor_panel(fmt::format("{}, {}s", where.first, where.second), curves));
  std::erase_if(chart.panels, [](const plotting::Panel& panel) { return panel.series.empty(); });
  if (!chart.panels.empty())
    data.figures.push_back(
        {"Preference factor",
         "How much the strength of the quality weighting matters, with 95 % bootstrap intervals. The dashed line is the ablation's reference row. Intervals that overlap it settle nothing.",
         std::move(chart)});
}

// One table per axis and choice of clips, with one row per model and level.
void add_ablation(report::ReportData& data, const fs::path& run) {
  std::map<std::pair<std::string, std::string>, report::Table> tables;
  std::map<std::array<std::string, 4>, std::size_t> row_of;
  const std::vector<std::string> metrics(metrics::kMetricNames.begin(), metrics::kMetricNames.end());
  for (Columns row(run / "ablation.csv"); row.next();) {
    report::Table& table = tables[{row.text("axis"), row.text("clips")}];
    if (table.columns.empty()) {
      table.title = fmt::format("Ablation: {}, {}", row.text("axis"), row.text("clips"));
      table.caption = "All models on the same clips, with 95 % bootstrap intervals.";
      table.columns = {"model", "level", "n", "MSE", "LCC", "SRCC", "KTAU"};
    }
    const auto [place, is_new] = row_of.try_emplace(
        {row.text("axis"), row.text("clips"), row.text("model"), row.text("level")}, table.rows.size());
    if (is_new) table.rows.push_back({row.text("model"), row.text("level"), row.number("n"), {}, {}, {}, {}});
    for (std::size_t m = 0; m < metrics.size(); ++m)
      if (row.text("metric") == metrics[m]) table.rows[place->second][3 + m] = row.estimate("value");
  }
  for (auto& [where, table] : tables) data.tables.push_back(std::move(table));
}

}  // namespace

void add_run(report::ReportData& data, const fs::path& given) {
  const fs::path run = given.has_filename() ? given : given.parent_path();
  const auto has = [&](const char* file) { return fs::is_regular_file(run / file); };
  if (!has("metrics.jsonl") && !has("ablation.csv"))
    throw InvalidInput(fmt::format(
        "--run {}: expected metrics.jsonl (from 'qamro train') or ablation.csv (from 'qamro ablate') in this folder, got neither",
        given.string()));
  if (has("ablation.csv")) add_ablation(data, run);
  if (has("preference_factor.csv")) add_preference_factor(data, run);
  if (has("metrics.jsonl") && has("recipe.toml")) add_learning_curves(data, run);
  for (const char* file : {"model/model.json", "model.json"})
    if (has(file))
      data.cards.push_back(
          report::read_card(fmt::format("Model of {}", (run / file).parent_path().string()), run / file));
}

plotting::Chart learning_curves_of_run(const fs::path& run, const training::Recipe& recipe) {
  return plotting::learning_curves(run / "metrics.jsonl", std::string(name_of(recipe.trainer.monitor)),
                                   recipe.trainer.patience > 0);
}

}  // namespace qamro::experiments
