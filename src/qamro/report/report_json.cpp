#include "qamro/report/report_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/core/version.h"
#include "qamro/evaluation/output/comparison_json.h"
#include "qamro/evaluation/output/conditions_output.h"
#include "qamro/evaluation/output/json_numbers.h"
#include "qamro/report/clips.h"
#include "qamro/report/headline.h"

namespace qamro::report {
namespace {

using evaluation::RankedSystem;
using evaluation::SystemPair;
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

Json ranked_json(const RankedSystem& row) {
  return {{"mean", row.mean},
          {"mean_ci", evaluation::interval_json(row.interval)},
          {"rank", row.rank},
          {"groups", row.groups},
          {"tie", evaluation::tie_letters(row)}};
}

// Systems in the order of their prediction's rank.
Json systems_json(const AxisRanking& ranking) {
  std::unordered_map<std::string, const RankedSystem*> labels;
  for (const RankedSystem& row : ranking.by_label.comparison.systems) labels[row.system] = &row;
  Json systems = Json::array();
  for (const RankedSystem& row : ranking.by_prediction.comparison.systems) {
    const auto label = labels.find(row.system);
    systems.push_back({{"system", row.system},
                       {"clips", row.clips},
                       {"prediction", ranked_json(row)},
                       {"label", label == labels.end() ? Json(nullptr) : ranked_json(*label->second)}});
  }
  return systems;
}

// What the page says of the best system: thousands of pairs would make it heavy, so only the one that it
// names.
Json page_verdict_json(const evaluation::SystemVerdict& verdict) {
  const evaluation::SystemComparison& comparison = verdict.comparison;
  if (comparison.systems.empty()) return nullptr;
  evaluation::SystemVerdict said = verdict;
  const SystemPair* pair = evaluation::headline_pair(comparison);
  said.comparison.pairs = pair ? std::vector{*pair} : std::vector<SystemPair>();
  Json json = evaluation::verdict_json(said);
  json.erase("systems");
  json["letters"] = comparison.pairs.empty() ? "" : evaluation::letters_note(comparison);
  return json;
}

Json scale_json(const ReportData& data, std::size_t axis) {
  if (data.scales.empty() || !data.scales[axis]) return nullptr;
  return {data.scales[axis]->low, data.scales[axis]->high};
}

// Whether labels and predictions could be on one scale: their ranges share a quarter of the wider range.
bool is_same_scale(const std::vector<double>& labels, const std::vector<double>& predictions) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::array<double, 2> low = {kInfinity, kInfinity}, high = {-kInfinity, -kInfinity};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!std::isfinite(labels[i]) || !std::isfinite(predictions[i])) continue;
    for (const auto& [side, value] : {std::pair(0, labels[i]), std::pair(1, predictions[i])}) {
      low[side] = std::min(low[side], value);
      high[side] = std::max(high[side], value);
    }
  }
  const double wider = std::max(high[0] - low[0], high[1] - low[1]);
  return std::min(high[0], high[1]) - std::max(low[0], low[1]) >= 0.25 * wider;
}

// One axis and everything about its clips.
class AxisJson {
 public:
  AxisJson(const ReportData& data, std::size_t axis, AudioSources& audio)
      : data_(data),
        axis_(axis),
        labels_(data.scores.labels[axis]),
        predictions_(data.scores.predictions[axis]),
        ranking_(data.rankings[axis]),
        audio_(audio) {
    number_systems();
    is_labelled_ = std::any_of(labels_.begin(), labels_.end(), [](double x) { return std::isfinite(x); });
    for (std::size_t i = 0; i < predictions_.size(); ++i)
      if (std::isfinite(predictions_[i]) && (!is_labelled_ || std::isfinite(labels_[i]))) clips_.push_back(i);
  }

  Json json(const std::string& name) {
    const ClipChoice choice = choose_clips(labels_, predictions_, system_, data_.clips_per_list);
    return {{"axis", name},
            {"clips", clips_.size()},
            {"labelled", is_labelled_},
            {"same_scale", is_labelled_ && is_same_scale(labels_, predictions_)},
            {"scale", scale_json(data_, axis_)},
            {"systems", systems_json(ranking_)},
            {"verdict", page_verdict_json(ranking_.by_prediction)},
            {"label_verdict", page_verdict_json(ranking_.by_label)},
            {"points", is_labelled_ ? points_json(choice) : Json(nullptr)},
            {"choice",
             {{"best", clips_json(choice.best)},
              {"worst", clips_json(choice.worst)},
              {"surprising", clips_json(choice.surprising)}}}};
  }

 private:
  static constexpr std::size_t kNoSystem = static_cast<std::size_t>(-1);

  void number_systems() {
    if (data_.scores.systems.empty()) return;
    std::unordered_map<std::string, std::size_t> number;
    for (const RankedSystem& row : ranking_.by_prediction.comparison.systems)
      number.emplace(row.system, number.size());
    for (const std::string& system : data_.scores.systems) {
      const auto found = number.find(system);
      system_.push_back(found == number.end() ? kNoSystem : found->second);
    }
  }

  std::string key(std::size_t clip) const {
    return data_.scores.keys.empty() ? std::string() : data_.scores.keys[clip];
  }

  Json points_json(const ClipChoice& choice) const {
    std::vector<std::size_t> wanted = choice.best;
    wanted.insert(wanted.end(), choice.worst.begin(), choice.worst.end());
    wanted.insert(wanted.end(), choice.surprising.begin(), choice.surprising.end());
    Json label = Json::array(), prediction = Json::array(), system = Json::array(), keys = Json::array();
    for (const std::size_t clip : sample_clips(clips_, wanted, data_.max_points)) {
      label.push_back(labels_[clip]);
      prediction.push_back(predictions_[clip]);
      const std::size_t number = system_.empty() ? kNoSystem : system_[clip];
      system.push_back(number == kNoSystem ? -1 : static_cast<std::int64_t>(number));
      keys.push_back(key(clip));
    }
    return {{"label", label}, {"prediction", prediction}, {"system", system}, {"key", keys}};
  }

  Json clips_json(const std::vector<std::size_t>& clips) {
    Json list = Json::array();
    for (const std::size_t clip : clips) {
      const auto source = audio_.source(key(clip));
      list.push_back({{"key", key(clip)},
                      {"system", data_.scores.systems.empty() ? "" : data_.scores.systems[clip]},
                      {"label", labels_[clip]},
                      {"prediction", predictions_[clip]},
                      {"audio", source ? Json(*source) : Json(nullptr)}});
    }
    return list;
  }

  const ReportData& data_;
  const std::size_t axis_;
  const std::vector<double>& labels_;
  const std::vector<double>& predictions_;
  const AxisRanking& ranking_;
  AudioSources& audio_;
  std::vector<std::size_t> system_;  // [clip] its place in the ranking; empty: not known
  std::vector<std::size_t> clips_;   // with a prediction and, if any clip has one, a label
  bool is_labelled_ = false;
};

}  // namespace

Json report_json(const ReportData& data) {
  const Headline said = headline(data);
  Json json = {
      {"version", version()},      {"title", data.title},
      {"date", data.date},         {"headline", {{"answer", said.answer}, {"sureness", said.sureness}}},
      {"warnings", Json::array()}, {"confidence", data.test.confidence}};
  for (const Warning& warning : warnings(data))
    json["warnings"].push_back({{"title", warning.title}, {"text", warning.text}});
  AudioSources audio(data.audio);
  json["axes"] = Json::array();
  for (std::size_t axis = 0; axis < data.rankings.size(); ++axis)
    json["axes"].push_back(AxisJson(data, axis, audio).json(data.scores.axes[axis]));
  json["audio_too_large"] = audio.too_large();
  json["conditions"] = evaluation::conditions_json(data.conditions);
  if (data.seen.seen > 0) json[data::kInTraining] = evaluation::seen_json(data.seen);
  json["results"] = data.results;
  json["figures"] = Json::array();
  for (const Figure& figure : data.figures) json["figures"].push_back(figure_json(figure));
  json["tables"] = Json::array();
  for (const Table& table : data.tables) json["tables"].push_back(table_json(table));
  json["cards"] = Json::array();
  for (const Card& card : data.cards)
    json["cards"].push_back({{"title", card.title}, {"document", card.document}});
  json["method"] = data.method;
  json["command"] = data.command;
  return json;
}

}  // namespace qamro::report
