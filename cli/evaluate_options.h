#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/rating_inputs.h"
#include "cli/report_options.h"
#include "qamro/evaluation/evaluate_tables.h"

namespace qamro::cli {

struct EvaluateOptions {
  RatingInputs ratings;
  std::vector<std::string> predictions;
  std::vector<std::string> train;
  evaluation::EvaluationRequest request;
  bool systems = false;
  std::string json;
  ReportOptions report;
};

void add_evaluate_options(CLI::App& command, EvaluateOptions& options);

}  // namespace qamro::cli
