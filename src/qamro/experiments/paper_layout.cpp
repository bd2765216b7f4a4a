#include "qamro/experiments/paper_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qamro/evaluation/output/text_table.h"
#include "qamro/experiments/ablation_tables.h"
#include "qamro/experiments/row_notes.h"
#include "qamro/io/csv.h"

namespace qamro::experiments {

const PaperTable& table_1() {
  static const PaperTable table{
      "Table I: MusicEval, test split, system level",
      {"MI", "TA"},
      {metrics::kMetrics.begin(), metrics::kMetrics.end()},
      {{"MusicEval-baseline", {kRegressionOnly}, {{.247, .851, .845, .655}, {.143, .819, .779, .578}}},
       {"QAMRO", {kQamro}, {{.139, .961, .972, .876}, {.109, .918, .916, .763}}},
       {"w/o quality-aware weighting",
        {kAdaptiveMargin},
        {{.172, .910, .924, .779}, {.101, .894, .885, .707}}},
       {"w/o adaptive margin", {kFixedMargin}, {{.214, .886, .875, .687}, {.134, .875, .838, .643}}}}};
  return table;
}

const PaperTable& table_2() {
  static const PaperTable table{
      "Table II: AES-Natural, SRCC, system level",
      {"PQ", "PC", "CE", "CU"},
      {metrics::Metric::srcc},
      {// The released model, as it is; trained on with its regression loss, it is our next row.
       {"Audiobox-Aesthetics", {kAsItIs, kRegressionOnly}, {{.864}, {.938}, {.845}, {.809}}},
       {"QAMRO", {kQamro}, {{.883}, {.942}, {.869}, {.852}}},
       {"w/o quality-aware weighting", {kAdaptiveMargin}, {{.874}, {.940}, {.861}, {.843}}},
       {"w/o adaptive margin", {kFixedMargin}, {{.871}, {.939}, {.853}, {.829}}}}};
  return table;
}

namespace {

using Json = nlohmann::ordered_json;

const AblationScope* find_scope(const std::vector<AblationScope>& scopes, const std::string& axis) {
  const auto found = std::ranges::find_if(
      scopes, [&](const AblationScope& scope) { return scope.axis == axis && scope.clips == kAllClips; });
  return found == scopes.end() ? nullptr : &*found;
}

bool is_named(const std::string& model, const std::string& name) {
  return model == name || (name == kAsItIs && model.ends_with(kAsItIs));
}

const AblationRow* find_row(const AblationScope& scope, const std::string& name) {
  const auto found = std::ranges::find_if(
      scope.table, [&](const AblationRow& row) { return is_named(row.model.model, name); });
  return found == scope.table.end() ? nullptr : &*found;
}

std::vector<LaidOutCell> cells_of(const PaperLayout& layout, const AblationRow* row) {
  std::vector<LaidOutCell> cells(layout.paper.metrics.size());
  if (row == nullptr) return cells;
  const auto& level = layout.level == "system" ? row->model.system : row->model.utterance;
  if (!level) return cells;
  for (std::size_t m = 0; m < cells.size(); ++m) {
    const auto& metric = level->metrics[layout.paper.metrics[m]];
    cells[m] = {metric.metric.value, metric.bootstrap.interval};
  }
  return cells;
}

LaidOutRow our_row(const PaperLayout& layout, const std::vector<AblationScope>& scopes,
                   const std::string& name) {
  LaidOutRow row{name, false, {}};
  for (const std::string& axis : layout.paper.axes) {
    const AblationScope* scope = find_scope(scopes, axis);
    row.cells.push_back(cells_of(layout, scope == nullptr ? nullptr : find_row(*scope, name)));
  }
  return row;
}

LaidOutRow paper_row(const PaperRow& from) {
  LaidOutRow row{from.name, true, {}};
  for (const auto& axis : from.value) {
    auto& cells = row.cells.emplace_back();
    for (const double value : axis) cells.push_back({value, std::nullopt});
  }
  return row;
}

std::string cell_text(const LaidOutCell& cell) {
  if (!cell.value) return "–";
  std::string text = short_number(*cell.value, 3);
  if (cell.interval)
    text +=
        fmt::format(" [{} {}]", short_number(cell.interval->low, 2), short_number(cell.interval->high, 2));
  return text;
}

std::string row_name(const LaidOutRow& row) {
  return row.model + (row.is_paper ? " (paper)" : " (ours)");
}

}  // namespace

PaperLayout lay_out(const PaperTable& paper, const std::vector<AblationScope>& scopes) {
  PaperLayout layout{paper, "system", {}, {}};
  for (const std::string& axis : paper.axes) {
    const AblationScope* scope = find_scope(scopes, axis);
    const bool has_systems = scope != nullptr && scope->table.front().model.system.has_value();
    if (!has_systems) layout.level = "utterance";
  }
  for (const std::string& axis : paper.axes) {
    const AblationScope* scope = find_scope(scopes, axis);
    if (scope == nullptr) continue;
    const auto& model = scope->table.front().model;
    layout.n.push_back(layout.level == "system" ? model.system->n : model.utterance->n);
  }
  std::vector<std::string> done;
  for (const PaperRow& row : paper.rows) {
    layout.rows.push_back(paper_row(row));
    for (const std::string& ours : row.ours)
      for (const AblationScope& scope : scopes) {
        const AblationRow* found = find_row(scope, ours);
        if (found == nullptr) continue;
        done.push_back(found->model.model);
        layout.rows.push_back(our_row(layout, scopes, done.back()));
        break;
      }
  }
  if (scopes.empty()) return layout;
  for (const AblationRow& row : scopes.front().table)
    if (std::find(done.begin(), done.end(), row.model.model) == done.end())
      layout.rows.push_back(our_row(layout, scopes, row.model.model));
  return layout;
}

std::string render(const PaperLayout& layout) {
  using evaluation::Align;
  std::string text = layout.paper.title + "\n";
  for (std::size_t axis = 0; axis < layout.paper.axes.size(); ++axis) {
    const std::size_t n = axis < layout.n.size() ? layout.n[axis] : 0;
    std::vector<evaluation::TextTable::Column> columns = {
        {fmt::format("{} ({} {}s)", layout.paper.axes[axis], n, layout.level), Align::kLeft, 60}};
    for (const metrics::Metric metric : layout.paper.metrics)
      columns.push_back({title_of(metric), Align::kLeft, 20});
    evaluation::TextTable table(columns);
    for (const LaidOutRow& row : layout.rows) {
      std::vector<std::string> cells = {row_name(row)};
      for (const LaidOutCell& cell : row.cells[axis]) cells.push_back(cell_text(cell));
      table.add_row(std::move(cells));
    }
    text += '\n';
    text += table.str();
  }
  return text + render_notes(layout.notes) + "\n";
}

void write_markdown(std::ostream& stream, const PaperLayout& layout) {
  std::string header = fmt::format("| {} |", markdown_cell(layout.paper.title)), rule = "|---|";
  for (const std::string& axis : layout.paper.axes)
    for (const metrics::Metric metric : layout.paper.metrics) {
      header += fmt::format(" {} {} |", axis, title_of(metric));
      rule += "---|";
    }
  stream << header << '\n' << rule << '\n';
  for (const LaidOutRow& row : layout.rows) {
    stream << fmt::format("| {} |", markdown_cell(row_name(row)));
    for (const auto& axis : row.cells)
      for (const LaidOutCell& cell : axis) stream << fmt::format(" {} |", cell_text(cell));
    stream << '\n';
  }
  stream << '\n';
  for (const std::string& note : layout.notes) stream << markdown_note(note);
}

void write_csv(std::ostream& stream, const PaperLayout& layout) {
  io::CsvWriter csv(stream, ',', false);
  csv.write({"model", "source", "level", "axis", "metric", "value", "low", "high"});
  const auto number = [](bool is_there, double value) {
    return is_there ? fmt::format("{}", value) : std::string();
  };
  for (const LaidOutRow& row : layout.rows)
    for (std::size_t axis = 0; axis < row.cells.size(); ++axis)
      for (std::size_t m = 0; m < row.cells[axis].size(); ++m) {
        const LaidOutCell& cell = row.cells[axis][m];
        csv.write({row.model, row.is_paper ? "paper" : "ours", row.is_paper ? "system" : layout.level,
                   layout.paper.axes[axis], name_of(layout.paper.metrics[m]),
                   number(cell.value.has_value(), cell.value.value_or(0)),
                   number(cell.interval.has_value(), cell.interval ? cell.interval->low : 0),
                   number(cell.interval.has_value(), cell.interval ? cell.interval->high : 0)});
      }
}

Json layout_json(const PaperLayout& layout) {
  Json rows = Json::array();
  for (const LaidOutRow& row : layout.rows) {
    Json entry = {{"model", row.model}, {"source", row.is_paper ? "paper" : "ours"}};
    for (std::size_t axis = 0; axis < row.cells.size(); ++axis) {
      Json& metrics = entry[layout.paper.axes[axis]] = Json::object();
      for (std::size_t m = 0; m < row.cells[axis].size(); ++m) {
        const LaidOutCell& cell = row.cells[axis][m];
        const std::string name = name_of(layout.paper.metrics[m]);
        metrics[name] = cell.value ? Json(*cell.value) : Json(nullptr);
        if (cell.interval) metrics[name + "_ci"] = {cell.interval->low, cell.interval->high};
      }
    }
    rows.push_back(std::move(entry));
  }
  return {{"title", layout.paper.title},
          {"level", layout.level},
          {"n", layout.n},
          {"rows", rows},
          {"notes", layout.notes}};
}

}  // namespace qamro::experiments
