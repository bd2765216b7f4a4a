#include "qamro/report/evaluation_report.h"

#include <filesystem>

#include "qamro/evaluation/output/results_json.h"
#include "qamro/evaluation/output/results_text.h"

namespace qamro::report {

namespace fs = std::filesystem;

ReportData evaluation_report(const evaluation::EvaluatedTables& evaluated,
                             const std::vector<std::string>& label_files,
                             const std::vector<std::string>& prediction_files,
                             const nlohmann::ordered_json& results) {
  const std::string& predictions = prediction_files.front();
  ReportData data;
  data.title = fs::path(predictions).filename().string();
  data.scores = evaluated.tables.scores;
  data.bootstrap = evaluated.options.bootstrap;
  data.rankings = rank_axes(data.scores, data.bootstrap);
  data.results = results;
  data.seen = evaluated.results.seen;
  data.cards.push_back({"Data", evaluation::data_card(label_files, prediction_files, data.scores)});
  const fs::path provenance = predictions + ".provenance.json";
  if (fs::is_regular_file(provenance))
    data.cards.push_back(read_card("How the predictions were made", provenance));
  data.method = evaluation::method_sentences(evaluated.options);
  return data;
}

}  // namespace qamro::report
