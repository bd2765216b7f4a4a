#include "qamro/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string_view>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/io/result_file.h"
#include "qamro/io/text_file.h"
#include "qamro/report/assets.h"
#include "qamro/report/escape.h"
#include "qamro/report/headline.h"
#include "qamro/report/report_json.h"

namespace qamro::report {
namespace {

using evaluation::JoinedScores;

// The ranking over the clips that have both numbers; empty if systems are not known.
std::vector<evaluation::RankedSystem> ranked(const JoinedScores& scores, const std::vector<double>& values,
                                             const std::vector<double>& others,
                                             const statistics::BootstrapOptions& options) {
  evaluation::SystemScores systems;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]) || !std::isfinite(others[i]) || scores.systems.empty()) continue;
    systems.systems.push_back(scores.systems[i]);
    systems.scores.push_back(values[i]);
    if (!scores.groups.empty())
      systems.items.push_back(scores.groups[i]);
    else if (!scores.keys.empty())
      systems.items.push_back(std::filesystem::path(scores.keys[i]).stem().string());
  }
  if (systems.scores.empty()) return {};
  return evaluation::system_ranking(systems, options);
}

void check(const ReportData& data) {
  data.scores.validate();
  if (!data.rankings.empty() && data.rankings.size() != data.scores.axes.size())
    throw InvalidInput(fmt::format("rankings: expected {}, one per axis, got {}", data.scores.axes.size(),
                                   data.rankings.size()));
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

}  // namespace

Card read_card(std::string title, const std::filesystem::path& file) {
  const auto stream = io::open_input(file);
  try {
    return {std::move(title), nlohmann::ordered_json::parse(*stream)};
  } catch (const nlohmann::json::exception& error) {
    throw InvalidInput(fmt::format("{}: expected JSON, got: {}", file.string(), error.what()));
  }
}

std::vector<AxisRanking> rank_axes(const JoinedScores& scores, const statistics::BootstrapOptions& options) {
  std::vector<AxisRanking> rankings;
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis) {
    const std::vector<double>& labels = scores.labels[axis];
    const std::vector<double>& predictions = scores.predictions[axis];
    AxisRanking& ranking = rankings.emplace_back();
    ranking.by_label = ranked(scores, labels, predictions, options);
    const bool is_labelled =
        std::any_of(labels.begin(), labels.end(), [](double label) { return std::isfinite(label); });
    ranking.by_prediction = ranked(scores, predictions, is_labelled ? labels : predictions, options);
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
  return filled(
      assets::page,
      {{"title", html_text(data.title.empty() ? "qamro report" : data.title + " · qamro report")},
       {"answer", html_text(headline.answer)},
       {"sureness", html_text(headline.sureness)},
       {"caution", headline.caution.empty() ? ""
                                            : fmt::format("<p class=\"caution\" role=\"note\">{}</p>",
                                                          html_text(headline.caution))},
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
