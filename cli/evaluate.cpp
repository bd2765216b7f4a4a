#include "cli/commands.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/evaluate_options.h"
#include "qamro/core/error.h"
#include "qamro/data/ratings.h"
#include "qamro/evaluation/output/results_json.h"
#include "qamro/evaluation/output/results_text.h"
#include "qamro/io/atomic_file.h"
#include "qamro/report/run_reports.h"

namespace qamro::cli {
namespace {

namespace fs = std::filesystem;

data::RatingTable training_labels(const EvaluateOptions& options) {
  if (options.train.empty() && !names_split(options.ratings))
    throw InvalidInput(
        "--baseline: expected --train FILE, or --where split=... on labels that have a split 'train'");
  return options.train.empty()
             ? read_labels(options.ratings, true)
             : data::read_ratings({options.train.begin(), options.train.end()},
                                  rating_options(options.ratings, data::RatingRole::kLabels));
}

void check(const EvaluateOptions& options) {
  if (options.predictions.empty() && options.request.baselines.empty() && !options.request.ceiling)
    throw InvalidInput("evaluate: expected --predictions, --baseline or --ceiling, got none of them");
  if (options.predictions.empty() && !options.report.file.empty())
    throw InvalidInput("--report: expected --predictions, got none");
}

void print(const EvaluateOptions& options, const evaluation::EvaluationResults& results) {
  std::cout << evaluation::render_results(results);
  if (options.systems)
    for (const evaluation::AxisSystems& axis : results.systems)
      std::cout << '\n' << evaluation::render_systems(axis, options.request.choices.bootstrap.confidence);
  std::cout << std::flush;
}

int run_evaluate(const EvaluateOptions& options) {
  check(options);
  evaluation::EvaluationRequest request = options.request;
  request.join = join_options(options.ratings);
  request.choices.system_column = options.ratings.system_column;
  request.baseline_files = rating_options(options.ratings, data::RatingRole::kPredictions);
  const data::RatingTable labels = read_labels(options.ratings);
  std::optional<data::RatingTable> predictions;
  if (!options.predictions.empty()) predictions = read_predictions(options.ratings, options.predictions);
  std::vector<const data::RatingTable*> tables = {&labels};
  if (predictions) tables.push_back(&*predictions);
  check_columns(options.ratings, tables);
  const evaluation::EvaluatedTables evaluated = evaluation::evaluate_tables(
      {labels, predictions ? &*predictions : nullptr, [&] { return training_labels(options); }}, request);
  const evaluation::EvaluationResults& results = evaluated.results;
  if (evaluated.lacks_systems)
    std::cerr << "qamro evaluate: no clip has a system, so there is no system level (see --system)\n";
  warn_left_out("evaluate", evaluated.tables);
  const nlohmann::ordered_json json = evaluation::results_json(results);
  if (!options.json.empty()) io::write_json(options.json, json);
  if (!options.report.file.empty())
    write_report(options.report,
                 report::evaluation_report(evaluated, options.ratings.labels, options.predictions, json),
                 {fs::path(options.predictions.front()).parent_path(),
                  fs::path(options.ratings.labels.front()).parent_path()});
  print(options, results);

  if (results.failed_predictions == 0) return ExitCode::kAllDone;
  const std::size_t clips = evaluated.tables.scores.clips();
  std::cerr << fmt::format("qamro evaluate: {} of {} predictions failed (\"error\") and were left out\n",
                           results.failed_predictions, clips);
  return results.failed_predictions == clips ? ExitCode::kNothingDone : ExitCode::kSomeInputsFailed;
}

}  // namespace

std::function<int()> add_evaluate_command(CLI::App& app) {
  CLI::App& command = *app.add_subcommand(
      "evaluate", "Compare predictions with human ratings: MSE, LCC, SRCC and KTAU with intervals");
  const auto options = std::make_shared<EvaluateOptions>();
  add_evaluate_options(command, *options);
  command.footer(
      "Example: qamro evaluate --labels ratings.csv --predictions scores.jsonl --json metrics.json\n"
      "ratings.csv: path,system,mos\n"
      "             a/1.wav,codec_a,3.8\n"
      "Example: qamro evaluate --labels MusicEval-full --where split=test --predictions answer.txt \\\n"
      "             --baseline lookup --baseline constant\n"
      "Example: qamro evaluate --labels AES_natural_speech.jsonl --ceiling");
  return [options] { return run_evaluate(*options); };
}

}  // namespace qamro::cli
