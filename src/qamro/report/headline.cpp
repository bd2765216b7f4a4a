#include "qamro/report/headline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

#include "qamro/evaluation/output/conditions_output.h"
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
  const evaluation::FamiliarityCounts counts = evaluation::total_familiarity(data.conditions);
  if (2 * counts.far > counts.known)
    return {
        fmt::format(
            "{} of {} clips are far from the speech that the model was fitted on: their scores are guesses.",
            counts.far, counts.known),
        followed_by(fmt::format("What the guesses say: {}", as_sentence(words.answer, best)),
                    with_stop(words.evidence))};
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

// "9 of 30 clips are far from the speech that the model was fitted on …; 3 are a little unlike it (drums 9 of
// 10)."
std::string unfamiliar_warning(const ReportData& data) {
  const evaluation::FamiliarityCounts counts = evaluation::total_familiarity(data.conditions);
  if (!counts.any()) return "";
  std::vector<std::string> parts;
  if (counts.far > 0)
    parts.push_back(fmt::format(
        "{} of {} clips are far from the speech that the model was fitted on, so their scores are guesses",
        counts.far, counts.known));
  if (counts.a_little_unlike > 0)
    parts.push_back(
        fmt::format("{} of {} are a little unlike that speech", counts.a_little_unlike, counts.known));
  std::vector<std::string> systems;
  for (const evaluation::SystemConditions& system : data.conditions)
    if (system.familiarity.any())
      systems.push_back(fmt::format("{} {} of {}", system.system,
                                    system.familiarity.far + system.familiarity.a_little_unlike,
                                    system.familiarity.known));
  const std::string by_system =
      data.conditions.size() > 1 ? fmt::format(" ({})", fmt::join(systems, ", ")) : "";
  return fmt::format("{}{}.", fmt::join(parts, "; "), by_system);
}

std::string seen_warning(const data::SeenClips& seen) {
  if (seen.seen == 0) return "";
  const std::string systems = seen.describe_systems();
  return seen.describe() + (systems.empty() ? "." : fmt::format(" ({}).", systems));
}

}  // namespace

std::vector<Warning> warnings(const ReportData& data) {
  std::vector<Warning> all = data.warnings;
  const auto add = [&](const char* title, const std::string& text) {
    if (!text.empty()) all.push_back({title, text});
  };
  add("Unfamiliar audio", unfamiliar_warning(data));
  const auto differing = evaluation::differing_conditions(data.conditions);
  if (!differing.empty())
    add("Mixed recordings",
        fmt::format("The systems differ in more than what made them: {}. That alone moves scores.",
                    fmt::join(differing, "; ")));
  add("Training clips", seen_warning(data.seen));
  return all;
}

Headline headline(const ReportData& data) {
  if (data.rankings.empty()) return {data.title.empty() ? "Results" : data.title, ""};
  const AxisRanking& first = data.rankings.front();
  if (first.by_prediction.comparison.systems.empty()) return without_systems(data);
  return first.by_label.comparison.systems.empty() ? predicted(data, first.by_prediction)
                                                   : judged(data, first);
}

}  // namespace qamro::report
