#include "cli/evaluate.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/evaluation_report.h"
#include "cli/exit_code.h"
#include "cli/json_file.h"
#include "cli/rating_inputs.h"
#include "cli/report_options.h"
#include "qamro/core/error.h"
#include "qamro/data/rating_merge.h"
#include "qamro/evaluation/baseline.h"
#include "qamro/evaluation/resampling_choice.h"
#include "qamro/evaluation/results.h"
#include "qamro/evaluation/results_json.h"
#include "qamro/evaluation/system_truth.h"
#include "qamro/evaluation/text_results.h"

namespace qamro::cli {
namespace {

struct EvaluateOptions {
  RatingInputs ratings;
  std::vector<std::string> predictions;
  std::vector<std::string> baselines;  // lookup, constant, or [NAME=]FILE
  std::vector<std::string> train;
  std::string level;  // empty: both if systems are known
  std::string system_truth = "split";
  std::string part_column;
  std::string resample = "points";
  std::optional<int> decimals;
  evaluation::BootstrapOptions bootstrap;
  bool ceiling = false;
  std::int64_t ceiling_rounds = 200;
  bool systems = false;
  std::string json;
  ReportOptions report;
};

evaluation::JoinOptions joining(const EvaluateOptions& options) {
  evaluation::JoinOptions join = join_options(options.ratings);
  join.group_column = evaluation::parse_resampling(options.resample).group_column;
  join.part_column = options.part_column;
  return join;
}

bool wants_system_level(const EvaluateOptions& options, const evaluation::JoinedTables& tables) {
  if (options.level == "utterance") return false;
  if (tables.scores.systems.empty()) {
    if (options.level.empty() && options.system_truth == "split") {
      std::cerr << "qamro evaluate: no clip has a system, so there is no system level (see --system)\n";
      return false;
    }
    throw InvalidInput(
        "system level: expected a system for every clip, got none; add a column 'system' or --system");
  }
  if (!tables.no_system.empty())
    throw InvalidInput(
        fmt::format("{}: expected a system for every clip, got none here and in {} more rows "
                    "(see --system, or --level utterance)",
                    tables.no_system.front(), tables.no_system.size() - 1));
  return true;
}

evaluation::EvaluationOptions evaluation_options(const EvaluateOptions& options,
                                                 const evaluation::JoinedTables& tables) {
  evaluation::EvaluationOptions result;
  result.utterance_level = options.level != "system";
  result.system_level = wants_system_level(options, tables);
  if (result.system_level && options.system_truth != "split")
    result.system_truth = evaluation::read_system_truth(options.system_truth, tables.scores.axes);
  result.decimals = options.decimals;
  const evaluation::ResamplingChoice choice = evaluation::parse_resampling(options.resample);
  result.unit = choice.unit;
  result.raters = choice.raters;
  result.bootstrap = options.bootstrap;
  return result;
}

bool draws_systems(evaluation::ResamplingUnit unit) {
  return unit == evaluation::ResamplingUnit::kSystems || unit == evaluation::ResamplingUnit::kSystemsAndClips;
}

evaluation::JoinedScores training_scores(const EvaluateOptions& options) {
  evaluation::JoinOptions join = join_options(options.ratings);
  if (options.train.empty() && !names_split(options.ratings))
    throw InvalidInput(
        "--baseline: expected --train FILE, or --where split=... on labels that have a split 'train'");
  const data::RatingTable table = options.train.empty()
                                      ? read_labels(options.ratings, true)
                                      : data::read_ratings({options.train.begin(), options.train.end()},
                                                           {.role = data::RatingRole::kLabels});
  return evaluation::labels_alone(table, join).scores;
}

// "lookup" and "constant" come from the training labels; any other name is a file of another
// predictor's scores.
evaluation::JoinedScores scores_of_baseline(const EvaluateOptions& options, const data::RatingTable& labels,
                                            const evaluation::JoinedScores& scores, std::string& name) {
  if (name == "lookup")
    return evaluation::baseline_scores(scores, training_scores(options), evaluation::Baseline::kLookup);
  if (name == "constant")
    return evaluation::baseline_scores(scores, training_scores(options), evaluation::Baseline::kConstant);
  const std::size_t equals = name.find('=');
  const std::string file = equals == std::string::npos ? name : name.substr(equals + 1);
  name = name.substr(0, equals);
  return evaluation::join_tables(labels, read_predictions({file}), joining(options)).scores;
}

void add_baselines(const EvaluateOptions& options, const data::RatingTable& labels,
                   const evaluation::JoinedScores& scores, const evaluation::EvaluationOptions& how,
                   evaluation::EvaluationResults& results) {
  for (std::string name : options.baselines) {
    evaluation::JoinedScores own = scores_of_baseline(options, labels, scores, name);
    if (scores.systems.empty()) own.systems.clear();
    results.baselines.push_back({name, evaluation::evaluate(own, how)});
  }
}

void add_ceilings(const EvaluateOptions& options, const data::RatingTable& labels,
                  evaluation::EvaluationResults& results) {
  evaluation::JoinOptions join = joining(options);
  join.part_column.clear();
  for (const char* column : {"domain", "source"})  // the finer one if it exists
    if (labels.find_text_column(column)) join.part_column = column;
  evaluation::JoinedTables tables = evaluation::labels_alone(labels, join);
  if (!tables.no_system.empty()) tables.scores.systems.clear();
  evaluation::CeilingOptions how{
      .rounds = options.ceiling_rounds, .seed = options.bootstrap.seed, .threads = options.bootstrap.threads};
  if (tables.scores.systems.empty()) how.strata = tables.scores.parts;
  results.ceilings = evaluation::noise_ceilings(tables.scores, how);
}

void take_left_out(evaluation::JoinedTables& tables, evaluation::EvaluationResults& results) {
  results.labels_without_prediction = std::move(tables.missing);
  results.predictions_without_label = std::move(tables.extra);
  results.predictions_without_number = std::move(tables.nan);
  results.failed_predictions = tables.failed;
}

evaluation::EvaluationResults evaluate_all(const EvaluateOptions& options,
                                           const evaluation::EvaluationOptions& how,
                                           evaluation::JoinedScores& scores,
                                           const data::RatingTable& labels) {
  if (!how.system_level && !draws_systems(how.unit)) scores.systems.clear();
  evaluation::EvaluationResults results;
  results.system_truth = options.system_truth;
  if (!options.predictions.empty()) {
    results.evaluation = evaluation::evaluate(scores, how);
    if (how.system_level) results.systems = evaluation::estimate_systems(scores, how);
    results.part_column = options.part_column;
    results.parts = evaluation::evaluate_parts(scores, how);
  }
  add_baselines(options, labels, scores, how, results);
  return results;
}

void print(const EvaluateOptions& options, const evaluation::EvaluationResults& results) {
  std::cout << evaluation::render_results(results);
  if (options.systems)
    for (const evaluation::AxisSystems& axis : results.systems)
      std::cout << '\n' << evaluation::render_systems(axis, options.bootstrap.confidence);
  std::cout << std::flush;
}

int run_evaluate(const EvaluateOptions& options) {
  if (options.predictions.empty() && options.baselines.empty() && !options.ceiling)
    throw InvalidInput("evaluate: expected --predictions, --baseline or --ceiling, got none of them");
  if (options.predictions.empty() && !options.report.file.empty())
    throw InvalidInput("--report: expected --predictions, got none");
  const data::RatingTable labels = read_labels(options.ratings);
  const bool joins = !options.predictions.empty();
  evaluation::JoinedTables tables =
      joins ? evaluation::join_tables(labels, read_predictions(options.predictions), joining(options))
            : evaluation::labels_alone(labels, joining(options));
  const std::size_t clips = tables.scores.clips();
  evaluation::EvaluationOptions how;
  evaluation::EvaluationResults results;
  if (joins || !options.baselines.empty()) {
    how = evaluation_options(options, tables);
    results = evaluate_all(options, how, tables.scores, labels);
  }
  if (options.ceiling) add_ceilings(options, labels, results);
  warn_left_out("evaluate", tables);
  take_left_out(tables, results);
  const nlohmann::ordered_json json = evaluation::results_json(results);
  if (!options.json.empty()) write_json(options.json, json);
  if (!options.report.file.empty())
    write_evaluation_report(options.report,
                            {options.ratings.labels, options.predictions, tables.scores, how, json});
  print(options, results);

  if (results.failed_predictions == 0) return ExitCode::kAllDone;
  std::cerr << fmt::format("qamro evaluate: {} of {} predictions failed (\"error\") and were left out\n",
                           results.failed_predictions, clips);
  return results.failed_predictions == clips ? ExitCode::kNothingDone : ExitCode::kSomeInputsFailed;
}

void add_tables(CLI::App& command, EvaluateOptions& options) {
  add_rating_inputs(command, options.ratings);
  command
      .add_option("--predictions", options.predictions,
                  "predicted scores, e.g. from 'qamro score', an answer of the AudioMOS challenge, SHEET's "
                  "or VERSA's results; joined on path (or id, sample_id, key); may be repeated")
      ->allow_extra_args(false);
  command.add_option("--json", options.json, "also write the numbers to this file");
}

void add_beside(CLI::App& command, EvaluateOptions& options) {
  command
      .add_option("--baseline", options.baselines,
                  "also evaluate a predictor that hears nothing: 'lookup' (each system's mean over the "
                  "training labels), "
                  "'constant' (their mean), or [NAME=]FILE, another predictor's scores; may be repeated, and "
                  "needs no "
                  "--predictions")
      ->allow_extra_args(false);
  command
      .add_option("--train", options.train,
                  "training labels of the baselines (default: the labels of split 'train', where --where "
                  "names another split)")
      ->allow_extra_args(false);
  command.add_flag("--ceiling", options.ceiling,
                   "also tell what raters' noise leaves to reach; needs the ratings of single raters");
  command.add_option("--ceiling-rounds", options.ceiling_rounds, "random splits and simulations of it")
      ->capture_default_str();
  command.add_option("--by", options.part_column,
                     "also evaluate each value of this column of the labels by itself, e.g. domain");
  command.add_flag("--systems", options.systems, "print every system's mean and place, too");
}

void add_conventions(CLI::App& command, EvaluateOptions& options) {
  command
      .add_option("--level", options.level,
                  "utterance, system or both (default: both where systems are known)")
      ->check(CLI::IsMember({"utterance", "system", "both"}));
  command
      .add_option(
          "--system-truth", options.system_truth,
          "what listeners think of a system: 'split' (the mean label of the evaluated clips) or a table with "
          "a column 'system' and one an axis")
      ->capture_default_str();
  command
      .add_option("--decimals", options.decimals,
                  "round system means to this many decimals (published tables: 4)")
      ->check(CLI::Range(0, 15));
}

void add_bootstrap(CLI::App& command, EvaluateOptions& options) {
  command
      .add_option("--bootstrap", options.bootstrap.resamples, "resamples for the intervals; 0: no intervals")
      ->capture_default_str();
  command.add_option("--confidence", options.bootstrap.confidence, "of the intervals")->capture_default_str();
  command
      .add_option(
          "--resample", options.resample,
          "what is random: 'points' (clips at the utterance level, systems at the system level), 'clips' "
          "(within their systems), 'systems', 'systems+clips', or a column of the labels whose groups are "
          "drawn whole (sentence, prompt, listener); with '+raters' each clip's raters, too; 'raters': those "
          "alone")
      ->capture_default_str();
  command.add_option("--seed", options.bootstrap.seed, "of the resamples")->capture_default_str();
  command.add_option("--threads", options.bootstrap.threads, "threads to use; 0: all cores")
      ->capture_default_str();
}

}  // namespace

std::function<int()> add_evaluate_command(CLI::App& app) {
  CLI::App& command = *app.add_subcommand(
      "evaluate", "Compare predictions with human ratings: MSE, LCC, SRCC and KTAU with intervals");
  const auto options = std::make_shared<EvaluateOptions>();
  add_tables(command, *options);
  add_beside(command, *options);
  add_conventions(command, *options);
  add_bootstrap(command, *options);
  add_report_options(command, options->report);
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
