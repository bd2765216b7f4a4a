#include "qamro/report/figure_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "qamro/core/error.h"
#include "qamro/evaluation/output/json_numbers.h"

namespace qamro::report {
namespace {

using Json = nlohmann::ordered_json;

const char* style_name(plotting::Style style) {
  switch (style) {
    case plotting::Style::kFaintLines:
      return "faint_lines";
    case plotting::Style::kLine:
      return "line";
    case plotting::Style::kIntervals:
      return "intervals";
    case plotting::Style::kDashed:
      return "dashed";
    case plotting::Style::kMarks:
      return "marks";
  }
  throw InvalidInput("style of a series: expected one of plotting::Style");
}

const char* colour_name(plotting::Colour colour) {
  switch (colour) {
    case plotting::Colour::kBlack:
      return "ink";
    case plotting::Colour::kBlue:
      return "blue";
    case plotting::Colour::kVermilion:
      return "vermilion";
    case plotting::Colour::kGreen:
      return "green";
    case plotting::Colour::kPurple:
      return "purple";
  }
  throw InvalidInput("colour of a series: expected one of plotting::Colour");
}

Json series_json(const plotting::Series& series) {
  Json lines = Json::array();
  for (const auto& line : series.lines) {
    Json points = Json::array();
    for (const plotting::Point& point : line)
      points.push_back(series.style == plotting::Style::kIntervals
                           ? Json::array({point.x, point.y, point.low, point.high})
                           : Json::array({point.x, point.y}));
    lines.push_back(std::move(points));
  }
  return {{"name", series.name},
          {"style", style_name(series.style)},
          {"colour", colour_name(series.colour)},
          {"lines", std::move(lines)}};
}

struct CellJson {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(const std::string& text) const { return text; }
  Json operator()(double number) const { return number; }
  Json operator()(const Estimate& estimate) const {
    return {{"value", estimate.value}, {"ci", evaluation::interval_json(estimate.interval)}};
  }
};

}  // namespace

Json figure_json(const Figure& figure) {
  Json panels = Json::array();
  for (const plotting::Panel& panel : figure.chart.panels) {
    Json series = Json::array();
    for (const plotting::Series& one : panel.series) series.push_back(series_json(one));
    panels.push_back({{"title", panel.title},
                      {"x_label", panel.x_label},
                      {"y_label", panel.y_label},
                      {"series", std::move(series)}});
  }
  return {{"title", figure.title}, {"caption", figure.caption}, {"panels", std::move(panels)}};
}

Json table_json(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size())
      throw InvalidInput(fmt::format("table '{}', row {}: expected {} cells, got {}", table.title,
                                     rows.size() + 1, table.columns.size(), row.size()));
    Json cells = Json::array();
    for (const Cell& cell : row) cells.push_back(std::visit(CellJson{}, cell));
    rows.push_back(std::move(cells));
  }
  return {{"title", table.title},
          {"caption", table.caption},
          {"columns", table.columns},
          {"rows", std::move(rows)}};
}

}  // namespace qamro::report
