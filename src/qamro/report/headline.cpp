#include "qamro/report/headline.h"

#include <fmt/format.h>

#include <string>

#include "qamro/evaluation/verdict_text.h"

namespace qamro::report {
namespace {

Headline without_systems(const ReportData& data) {
  return {fmt::format("{} clips of unknown systems", data.scores.clips()),
          "There is no ranking: name each clip's system to get one."};
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

Headline predicted(const ReportData& data, const evaluation::SystemVerdict& verdict) {
  return {capitalised(evaluation::verdict_sentence(verdict)) + ".",
          fmt::format(
              "Predicted {}. The intervals show how much other clips of the same systems would change this, "
              "not how wrong the model is.",
              data.scores.axes.front())};
}

// With labels, what is judged is the predictor.
Headline judged(const ReportData& data, const AxisRanking& ranking) {
  return {data.agreement,
          "Listeners: " + ranking.by_label.text + ". Predictions: " + ranking.by_prediction.text + "."};
}

}  // namespace

Headline headline(const ReportData& data) {
  if (data.rankings.empty()) return {data.title.empty() ? "Results" : data.title, ""};
  const AxisRanking& first = data.rankings.front();
  if (first.by_prediction.comparison.systems.empty()) return without_systems(data);
  return first.by_label.comparison.systems.empty() ? predicted(data, first.by_prediction)
                                                   : judged(data, first);
}

}  // namespace qamro::report
