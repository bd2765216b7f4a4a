#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/input_options.h"
#include "cli/report_options.h"
#include "qamro/models/predictor.h"
#include "qamro/scoring/score_clips.h"

namespace qamro::cli {

// Collects the scores of `qamro score` for its --report: a ranking of the systems without labels.
class ScoreReport {
 public:
  explicit ScoreReport(const models::Predictor& predictor);

  // Adds a finished clip. One with an error is left out.
  void add(const scoring::ClipScores& clip);
  // Does nothing without --report.
  void write(const ReportOptions& options, const InputOptions& input,
             const nlohmann::ordered_json& provenance) const;

 private:
  const models::Predictor& predictor_;
  evaluation::JoinedScores scores_;
  bool any_system_ = false;
};

}  // namespace qamro::cli
