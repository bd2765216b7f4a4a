#pragma once

#include <nlohmann/json_fwd.hpp>

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

}  // namespace qamro::report
