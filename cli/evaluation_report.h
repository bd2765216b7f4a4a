#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/report_options.h"
#include "qamro/evaluation/evaluate.h"

namespace qamro::cli {

// Contents of a report of `qamro evaluate`.
struct EvaluationReport {
  const std::vector<std::string>& label_files;       // files, or the MusicEval package's folder
  const std::vector<std::string>& prediction_files;  // at least one
  const evaluation::JoinedScores& scores;
  const evaluation::EvaluationOptions& how;
  const nlohmann::ordered_json& results;  // as written by --json
};

// Ranks the systems and writes the page of --report.
void write_evaluation_report(const ReportOptions& options, const EvaluationReport& evaluation);

}  // namespace qamro::cli
