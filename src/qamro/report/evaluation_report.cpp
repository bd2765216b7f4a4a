#include "qamro/report/evaluation_report.h"

#include <filesystem>

#include "qamro/evaluation/output/results_json.h"
#include "qamro/evaluation/output/results_text.h"

namespace qamro::report {

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
