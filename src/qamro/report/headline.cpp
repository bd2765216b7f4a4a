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

std::string with_stop(const std::string& text) {
  return text.empty() || text.ends_with('.') ? text : text + ".";
}

// With a full stop, and a capital unless it begins with a system's name, which stays as it is.
std::string as_sentence(std::string text, const std::string& system) {
  if (!text.starts_with(system) && !text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return with_stop(text);
}

std::string followed_by(const std::string& first, const std::string& second) {
  return first + (first.empty() || second.empty() ? "" : " ") + second;
}

Headline predicted(const ReportData& data, const evaluation::SystemVerdict& verdict) {
  const evaluation::VerdictWords words = evaluation::verdict_words(verdict);
  const std::string& best = verdict.comparison.systems.front().system;
  return {as_sentence(words.answer, best),
          followed_by(with_stop(words.evidence),
                      fmt::format("Predicted {}: no listener was asked. The intervals show how much other "
                                  "clips of the same systems would change this, not how wrong the model is.",
                                  data.scores.axes.front()))};
}

// With labels, what is judged is the predictor.
Headline judged(const ReportData& data, const AxisRanking& ranking) {
  const auto answer = [](const char* side, const evaluation::SystemVerdict& verdict) {
    return fmt::format("{}: {}", side, with_stop(evaluation::verdict_words(verdict).answer));
  };
  return {with_stop(data.agreement.answer),
          followed_by(with_stop(data.agreement.evidence),
                      followed_by(answer("Listeners", ranking.by_label),
                                  answer("Predictions", ranking.by_prediction)))};
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
