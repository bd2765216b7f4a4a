#include "cli/score_report.h"

#include <limits>

namespace qamro::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

ScoreReport::ScoreReport(const models::Predictor& predictor) : predictor_(predictor) {
  for (const auto& axis : predictor.axes()) scores_.axes.push_back(axis.name);
  scores_.labels.resize(scores_.axes.size());
  scores_.predictions.resize(scores_.axes.size());
}

void ScoreReport::add(const scoring::ClipScores& clip) {
  if (!clip.error.empty()) return;
  for (std::size_t axis = 0; axis < scores_.axes.size(); ++axis) {
    scores_.labels[axis].push_back(std::numeric_limits<double>::quiet_NaN());
    scores_.predictions[axis].push_back(clip.scores[axis]);
  }
  any_system_ = any_system_ || clip.clip.system.has_value();
  scores_.systems.push_back(clip.clip.system.value_or("(no system)"));
  scores_.keys.push_back(clip.clip.path_as_given);
}

void ScoreReport::write(const ReportOptions& options, const InputOptions& input,
                        const nlohmann::ordered_json& provenance) const {
  if (options.file.empty()) return;
  report::ReportData data;
  data.title = predictor_.description().name;
  data.scores = scores_;
  if (!any_system_) data.scores.systems.clear();
  data.rankings = report::rank_axes(data.scores, data.bootstrap);
  data.cards.push_back({"How the scores were made", provenance});
  if (!predictor_.description().document.empty())
    data.cards.push_back({"Model: " + predictor_.description().name, predictor_.description().document});
  data.method = {
      "Every clip is scored by itself, and a system's score is the mean over its clips. No listener was asked: the numbers are what the model expects listeners to say.",
      "The intervals are 95 % bootstrap intervals over clips (1000 resamples). They show how much other clips of the same systems could change the scores. They do not include the model's own errors: see its card.",
      "Two systems can be told apart if the interval of their difference excludes 0. Systems whose clips have the same names are compared clip by clip. The intervals are not corrected for the number of comparisons."};
  std::vector<fs::path> roots;
  for (const std::string& given : input.inputs)
    if (fs::is_regular_file(given)) roots.push_back(fs::path(given).parent_path());
  write_report(options, std::move(data), roots);
}

}  // namespace qamro::cli
