#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate_tables.h"
#include "qamro/report/report.h"

namespace qamro::report {

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
