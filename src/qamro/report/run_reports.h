#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate_tables.h"
#include "qamro/models/predictor.h"
#include "qamro/report/report.h"
#include "qamro/scoring/score_clips.h"
#include "qamro/scoring/system_conditions.h"

namespace qamro::report {

// Collects the scores of a run for a report without labels: a ranking of the systems, and how sure it is.
class ScoreReport {
 public:
  // The predictor must outlive the report.
  explicit ScoreReport(const models::Predictor& predictor);

  // Adds a finished clip. One with an error is left out.
  void add(const scoring::ClipScores& clip);
  // The report on all clips so far. There is no ranking if no clip has a system. provenance: how the scores
  // were made (scoring::provenance()).
  ReportData data(const nlohmann::ordered_json& provenance) const;

 private:
  const models::Predictor& predictor_;
  evaluation::JoinedScores scores_;
  scoring::ConditionsBySystem conditions_;
  data::SeenClips seen_;
  bool any_system_ = false;
};

// What a report says of predictions that were evaluated: the systems ranked by labels and by predictions, the
// metrics, cards of the data and of how the predictions were made (PREDICTIONS.provenance.json, if that file
// exists), and the method. The title is the name of the first file of predictions.
//
// label_files, prediction_files: what was read, at least one each. results: evaluation::results_json().
// Throws FileError, and InvalidInput for a broken provenance.
ReportData evaluation_report(const evaluation::EvaluatedTables& evaluated,
                             const std::vector<std::string>& label_files,
                             const std::vector<std::string>& prediction_files,
                             const nlohmann::ordered_json& results);

}  // namespace qamro::report
