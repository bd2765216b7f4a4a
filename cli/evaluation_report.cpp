#include "cli/evaluation_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "qamro/core/sha256.h"

namespace qamro::cli {
namespace {

namespace fs = std::filesystem;

// One file as a string, several as a list. A folder has no digest.
void add_files(nlohmann::ordered_json& card, const std::string& name, const std::vector<std::string>& files) {
  std::vector<std::string> digests;
  for (const std::string& file : files)
    if (fs::is_regular_file(file)) digests.push_back(sha256_file(file));
  card[name] = files.size() == 1 ? nlohmann::ordered_json(files.front()) : nlohmann::ordered_json(files);
  if (digests.size() != files.size()) return;
  card[name + "_sha256"] =
      digests.size() == 1 ? nlohmann::ordered_json(digests.front()) : nlohmann::ordered_json(digests);
}

nlohmann::ordered_json data_card(const EvaluationReport& evaluation) {
  const evaluation::JoinedScores& scores = evaluation.scores;
  nlohmann::ordered_json card;
  add_files(card, "labels", evaluation.label_files);
  add_files(card, "predictions", evaluation.prediction_files);
  card["clips"] = scores.clips();
  card["axes"] = scores.axes;
  const std::set<std::string> systems(scores.systems.begin(), scores.systems.end());
  if (!systems.empty()) card["systems"] = systems.size();
  if (!scores.raters.empty() && !scores.raters.front().empty()) {
    std::size_t ratings = 0;
    for (const auto& clip : scores.raters.front()) ratings += clip.size();
    card["ratings_of_first_axis"] = ratings;
  }
  return card;
}

std::vector<std::string> method(const EvaluationReport& evaluation) {
  const evaluation::EvaluationOptions& how = evaluation.how;
  std::vector<std::string> sentences = {
      "Labels and predictions are joined clip by clip. At the level of clips a point is a clip; at the level "
      "of systems "
      "it is a system's mean prediction against its true mean."};
  sentences.push_back(how.system_truth ? "A system's true mean is taken from a given table."
                                       : "A system's true mean is the mean label of its evaluated clips.");
  sentences.push_back(
      "SRCC is Spearman's rank correlation with average ranks, KTAU Kendall's tau-b, LCC Pearson's "
      "correlation. A "
      "metric that is not defined is said to be so, with the reason, and never replaced by a number.");
  if (how.bootstrap.resamples > 0)
    sentences.push_back(
        fmt::format("Intervals are of {:g} % confidence, from {} bootstrap resamples with seed {}; those "
                    "of a system's mean are over its clips.",
                    100 * how.bootstrap.confidence, how.bootstrap.resamples, how.bootstrap.seed));
  sentences.push_back(
      "Two systems are told apart when the interval of their difference leaves out 0; systems that were "
      "given the same "
      "items are compared item by item. No correction is made for the number of comparisons.");
  return sentences;
}

}  // namespace

void write_evaluation_report(const ReportOptions& options, const EvaluationReport& evaluation) {
  report::ReportData data;
  const std::string& predictions = evaluation.prediction_files.front();
  data.title = fs::path(predictions).filename().string();
  data.scores = evaluation.scores;
  data.bootstrap = evaluation.how.bootstrap;
  data.rankings = report::rank_axes(data.scores, data.bootstrap);
  data.results = evaluation.results;
  data.cards.push_back({"Data", data_card(evaluation)});
  add_provenance_card(data, predictions);
  data.method = method(evaluation);
  write_report(options, std::move(data),
               {fs::path(predictions).parent_path(), fs::path(evaluation.label_files.front()).parent_path()});
}

}  // namespace qamro::cli
