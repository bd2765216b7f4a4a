#include "qamro/report/score_report.h"

#include <limits>

namespace qamro::report {
namespace {

constexpr const char* kWithoutSystem = "(no system)";

}  // namespace

ScoreReport::ScoreReport(const models::Predictor& predictor) : predictor_(predictor) {
  scores_.axes = predictor.axis_names();
  scores_.labels.resize(scores_.axes.size());
  scores_.predictions.resize(scores_.axes.size());
}

void ScoreReport::add(const scoring::ClipScores& clip) {
  if (!clip.error.empty()) return;
  for (std::size_t axis = 0; axis < scores_.axes.size(); ++axis) {
    scores_.labels[axis].push_back(std::numeric_limits<double>::quiet_NaN());
    scores_.predictions[axis].push_back(clip.scores[axis]);
  }
  conditions_[clip.clip.system.value_or(kWithoutSystem)].push_back(scoring::conditions_of(clip));
  seen_.add(clip.clip.system.value_or(""), clip.in_training);
  any_system_ = any_system_ || clip.clip.system.has_value();
  scores_.systems.push_back(clip.clip.system.value_or(kWithoutSystem));
  scores_.keys.push_back(clip.clip.path_as_given);
}

ReportData ScoreReport::data(const nlohmann::ordered_json& provenance) const {
  const models::ModelDescription& model = predictor_.description();
  ReportData data;
  data.title = model.name;
  data.scores = scores_;
  data.conditions = scoring::summarise_conditions(conditions_);
  data.seen = seen_;
  if (!any_system_) data.scores.systems.clear();
  data.rankings = rank_axes(data.scores, data.test);
  for (const models::Axis& axis : predictor_.axes())
    data.scales.emplace_back(AxisScale{axis.scale_low, axis.scale_high});
  data.cards.push_back({"How the scores were made", provenance});
  if (!model.document.empty()) data.cards.push_back({"Model: " + model.name, model.document});
  data.method = {
      "Every clip is scored by itself, and a system's score is the mean over its clips. No listener was asked: the numbers are what the model expects listeners to say.",
      "The intervals are 95 % intervals of a mean over clips (Student's t). They show how much other clips of the same systems could change the scores. They do not include the model's own errors: see its card.",
      "Every two systems are compared by a permutation test, or by Student's t if there are too many pairs for one; the p-values are corrected for the number of pairs (Holm). Systems whose clips have the same names are compared clip by clip."};
  return data;
}

}  // namespace qamro::report
