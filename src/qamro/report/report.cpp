#include "qamro/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string_view>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"
#include "qamro/evaluation/output/text_table.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/json_reader.h"
#include "qamro/report/escape.h"
#include "qamro/report/headline.h"
#include "qamro/report/report_json.h"

// The files of assets/ and Chart.js, built in by CMake (cmake/EmbedText.cmake).
namespace qamro::report::assets {

extern const std::string_view page;      // page.html
extern const std::string_view styles;    // *.css
extern const std::string_view script;    // *.js
extern const std::string_view chart_js;  // empty: it was missing at build time

}  // namespace qamro::report::assets

namespace qamro::report {
namespace {

using evaluation::JoinedScores;

// The verdict over the clips that have both numbers; of no system if systems are not known.
evaluation::SystemVerdict judged(const JoinedScores& scores, std::size_t axis,
                                 const std::vector<double>& values, const std::vector<double>& others,
                                 const statistics::MeanTestOptions& options, int threads) {
  evaluation::SystemScores systems;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]) || !std::isfinite(others[i]) || scores.systems.empty()) continue;
    systems.systems.push_back(scores.systems[i]);
    systems.scores.push_back(values[i]);
    if (!scores.groups.empty())
      systems.items.push_back(scores.groups[i]);
    else if (!scores.keys.empty())
      systems.items.push_back(data::item_of_path(scores.keys[i]));
  }
  if (systems.scores.empty()) return {};
  return evaluation::judge_systems(scores.axes[axis], evaluation::by_system(systems), options, {}, threads);
}

void check(const ReportData& data) {
  data.scores.validate();
  if (!data.rankings.empty() && data.rankings.size() != data.scores.axes.size())
    throw InvalidInput(fmt::format("rankings: expected {}, one per axis, got {}", data.scores.axes.size(),
                                   data.rankings.size()));
  if (!data.scales.empty() && data.scales.size() != data.scores.axes.size())
    throw InvalidInput(fmt::format("scales: expected {}, one per axis, got {}", data.scores.axes.size(),
                                   data.scales.size()));
  if (!data.scores.keys.empty() && data.scores.keys.size() != data.scores.clips())
    throw InvalidInput(
        fmt::format("keys: expected {}, one per clip, got {}", data.scores.clips(), data.scores.keys.size()));
  require_drawing_library();
}

// The template with each {{name}} replaced. Inserted text is not searched again.
std::string filled(std::string_view page,
                   const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string html;
  while (!page.empty()) {
    const std::size_t begin = page.find("{{");
    html += page.substr(0, begin);
    if (begin == std::string_view::npos) break;
    const std::size_t end = page.find("}}", begin);
    const std::string_view name = page.substr(begin + 2, end - begin - 2);
    bool found = false;
    for (const auto& [key, value] : values)
      if (key == name) {
        html += value;
        found = true;
      }
    if (!found) throw Error(fmt::format("page.html: no value for '{}'", name));
    page.remove_prefix(end + 2);
  }
  return html;
}

// "codec2, gsm and opus · distill-mos · 2026-12-01"
std::string title_of(const ReportData& data) {
  constexpr std::size_t kMaxName = 40;
  std::vector<std::string> systems;
  if (!data.rankings.empty())
    for (const auto& row : data.rankings.front().by_prediction.comparison.systems)
      systems.push_back(evaluation::shortened(row.system, kMaxName));
  std::string title;
  for (const std::string& part : {evaluation::listed(systems), data.title, data.date})
    if (!part.empty()) title += (title.empty() ? "" : " · ") + part;
  return title.empty() ? "qamro report" : title;
}

// On the page without any script: whoever reads the answer must read these.
std::string warnings_html(const std::vector<Warning>& warnings) {
  if (warnings.empty()) return "";
  std::string html = "<div class=\"warnings\" role=\"note\" aria-label=\"Before you trust this\">\n";
  for (const Warning& warning : warnings)
    html +=
        fmt::format("<p><strong>{}.</strong> {}</p>\n", html_text(warning.title), html_text(warning.text));
  return html + "</div>";
}

}  // namespace

Card read_card(std::string title, const std::filesystem::path& file) {
  try {
    return {std::move(title), io::read_json(file)};
  } catch (const CheckpointError& error) {
    throw InvalidInput(error.what());
  }
}

std::vector<AxisRanking> rank_axes(const JoinedScores& scores, const statistics::MeanTestOptions& options,
                                   int threads) {
  std::vector<AxisRanking> rankings;
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis) {
    const std::vector<double>& labels = scores.labels[axis];
    const std::vector<double>& predictions = scores.predictions[axis];
    AxisRanking& ranking = rankings.emplace_back();
    ranking.by_label = judged(scores, axis, labels, predictions, options, threads);
    const bool is_labelled =
        std::any_of(labels.begin(), labels.end(), [](double label) { return std::isfinite(label); });
    ranking.by_prediction =
        judged(scores, axis, predictions, is_labelled ? labels : predictions, options, threads);
  }
  return rankings;
}

void require_drawing_library() {
  if (assets::chart_js.empty())
    throw Error(
        "the report: this qamro was built without Chart.js, which draws it; install Debian's libjs-chart.js (or give CMake -DQAMRO_CHART_JS=.../chart.min.js) and build again");
}

std::string render_report(const ReportData& data) {
  check(data);
  const Headline headline = report::headline(data);
  const std::string title = title_of(data);
  return filled(assets::page, {{"title", html_text(title)},
                               {"warnings", warnings_html(warnings(data))},
                               {"answer", html_text(headline.answer)},
                               {"sureness", html_text(headline.sureness)},
                               {"styles", std::string(assets::styles)},
                               {"data", script_json(report_json(data))},
                               {"chart_js", std::string(assets::chart_js)},
                               {"script", std::string(assets::script)}});
}

void write_report(ReportData data, const std::filesystem::path& file) {
  data.audio.report_folder = file.parent_path();
  const std::string page = render_report(data);
  io::write_result(file, [&](std::ostream& stream) { stream << page; });
}

}  // namespace qamro::report
