#include "cli/compare_predictors.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "qamro/core/error.h"
#include "qamro/evaluation/output/comparison_json.h"
#include "qamro/evaluation/output/comparison_text.h"
#include "qamro/io/atomic_file.h"

namespace qamro::cli {

int run_predictors(const CompareOptions& options) {
  if (options.inputs.size() != 2)
    throw InvalidInput(
        fmt::format("--labels: expected two files of predictions to compare, got {}", options.inputs.size()));
  const evaluation::PredictorNames names{options.inputs[0], options.inputs[1]};
  evaluation::JoinOptions join = join_options(options.ratings);
  join.group_column = statistics::parse_resampling(options.resample).group_column;
  const data::RatingTable labels = read_labels(options.ratings);
  const data::RatingTable ours = read_predictions(options.ratings, {names.first});
  const data::RatingTable theirs = read_predictions(options.ratings, {names.second});
  check_columns(options.ratings, {&labels, &ours, &theirs});
  const auto first = evaluation::join_tables(labels, ours, join);
  const auto second = evaluation::join_tables(labels, theirs, join);
  warn_left_out("compare", first);
  warn_left_out("compare", second);
  evaluation::EvaluationChoices choices{.system_truth = options.system_truth,
                                        .system_column = options.ratings.system_column,
                                        .resample = options.resample,
                                        .bootstrap = options.bootstrap};
  choices.bootstrap.threads = options.audio.threads;
  const evaluation::PredictorResults results = evaluation::judge_tables(
      names, first, second, choices,
      {metrics::metric_from_name(options.metric), options.power, options.permutations});
  std::cout << evaluation::render_predictor_results(results) << std::flush;
  if (!options.json.empty()) io::write_json(options.json, evaluation::predictor_results_json(results));
  return first.failed > 0 ? ExitCode::kSomeInputsFailed : ExitCode::kAllDone;
}

}  // namespace qamro::cli
