#include "qamro/report/run_reports.h"

#include <filesystem>
#include <limits>

#include "qamro/evaluation/output/results_json.h"
#include "qamro/evaluation/output/results_text.h"

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

namespace fs = std::filesystem;

namespace {

// The model's own scale of each axis, from what `qamro score` wrote beside its rows.
std::vector<std::optional<AxisScale>> scales_of(const nlohmann::ordered_json& provenance,
                                                const std::vector<std::string>& axes) {
  std::vector<std::optional<AxisScale>> scales(axes.size());
  if (!provenance.is_object() || !provenance.contains("axes") || !provenance["axes"].is_array())
    return scales;
  for (const nlohmann::ordered_json& axis : provenance["axes"]) {
    if (!axis.is_object() || !axis.contains("name") || !axis.contains("scale")) continue;
    const nlohmann::ordered_json& scale = axis["scale"];
    if (!scale.is_array() || scale.size() != 2 || !scale[0].is_number() || !scale[1].is_number()) continue;
    const AxisScale stated{scale[0].get<double>(), scale[1].get<double>()};
    for (std::size_t i = 0; i < axes.size(); ++i)
      if (axis["name"] == axes[i] && stated.low < stated.high) scales[i] = stated;
  }
  return scales;
}

}  // namespace

ReportData evaluation_report(const evaluation::EvaluatedTables& evaluated,
                             const std::vector<std::string>& label_files,
                             const std::vector<std::string>& prediction_files,
                             const nlohmann::ordered_json& results) {
  const std::string& predictions = prediction_files.front();
  ReportData data;
  data.title = fs::path(predictions).filename().string();
  data.scores = evaluated.tables.scores;
  const statistics::BootstrapOptions& bootstrap = evaluated.options.bootstrap;
  data.test.seed = bootstrap.seed;
  data.test.confidence = bootstrap.confidence;
  data.rankings = rank_axes(data.scores, data.test, bootstrap.threads);
  data.agreement = evaluation::agreement_words(evaluated.results);
  data.results = results;
  data.seen = evaluated.results.seen;
  data.cards.push_back({"Data", evaluation::data_card(label_files, prediction_files, data.scores)});
  const fs::path provenance = predictions + ".provenance.json";
  if (fs::is_regular_file(provenance)) {
    data.cards.push_back(read_card("How the predictions were made", provenance));
    data.scales = scales_of(data.cards.back().document, data.scores.axes);
  }
  data.method = evaluation::method_sentences(evaluated.options);
  return data;
}

}  // namespace qamro::report
