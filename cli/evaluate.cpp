#include "cli/evaluate.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/evaluation_report.h"
#include "cli/exit_code.h"
#include "cli/report_options.h"
#include "qamro/core/error.h"
#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/joined_tables.h"
#include "qamro/evaluation/json_report.h"
#include "qamro/evaluation/system_truth.h"
#include "qamro/evaluation/text_report.h"
#include "qamro/io/atomic_file.h"

namespace qamro::cli {
namespace {

struct EvaluateOptions {
  std::string labels;
  std::string predictions;
  std::vector<std::string> axes;
  std::string level;  // empty: both where systems are known
  std::string system_truth = "split";
  std::string system_rule;
  std::string resample = "points";
  std::optional<int> decimals;
  evaluation::BootstrapOptions bootstrap;
  std::string json;
  ReportOptions report;
};

bool resamples_groups(const EvaluateOptions& options) {
  return options.resample != "points" && options.resample != "clips" && options.resample != "systems";
}

evaluation::JoinedTables read_tables(const EvaluateOptions& options) {
  evaluation::JoinOptions join;
  join.axes = options.axes;
  if (!options.system_rule.empty()) join.system_rule = data::SystemRule(options.system_rule);
  if (resamples_groups(options)) join.group_column = options.resample;
  return evaluation::join_tables(data::read_ratings(options.labels), data::read_ratings(options.predictions),
                                 join);
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
  if (options.resample == "clips") result.unit = evaluation::ResamplingUnit::kClips;
  if (options.resample == "systems") result.unit = evaluation::ResamplingUnit::kSystems;
  if (resamples_groups(options)) result.unit = evaluation::ResamplingUnit::kGroups;
  result.bootstrap = options.bootstrap;
  return result;
}

void write_json(const std::string& path, const evaluation::Evaluation& evaluation) {
  io::AtomicFile file(path);
  file.stream() << evaluation::evaluation_json(evaluation).dump(2) << '\n';
  file.commit();
}

int run_evaluate(const EvaluateOptions& options) {
  evaluation::JoinedTables tables = read_tables(options);
  const evaluation::EvaluationOptions how = evaluation_options(options, tables);
  if (!how.system_level && how.unit != evaluation::ResamplingUnit::kSystems) tables.scores.systems.clear();
  const evaluation::Evaluation evaluation = evaluation::evaluate(tables.scores, how);
  if (!options.json.empty()) write_json(options.json, evaluation);
  if (!options.report.file.empty())
    write_evaluation_report(options.report, {options.labels, options.predictions, tables.scores, how,
                                             evaluation::evaluation_json(evaluation)});
  std::cout << evaluation::render_evaluation(evaluation) << std::flush;

  const std::size_t clips = tables.scores.clips();
  if (!tables.extra.empty())
    std::cerr << fmt::format("qamro evaluate: {} predictions have no label and were left out\n",
                             tables.extra.size());
  if (tables.failed == 0) return ExitCode::kAllDone;
  std::cerr << fmt::format("qamro evaluate: {} of {} predictions failed (\"error\") and were left out\n",
                           tables.failed, clips);
  return tables.failed == clips ? ExitCode::kNothingDone : ExitCode::kSomeInputsFailed;
}

void add_tables(CLI::App& command, EvaluateOptions& options) {
  command
      .add_option("--labels", options.labels, "human ratings: csv with a header, or jsonl, one row a clip")
      ->required();
  command
      .add_option("--predictions", options.predictions,
                  "predicted scores, e.g. from 'qamro score'; joined on path (or id, sample_id, key)")
      ->required();
  command.add_option(
      "--axis", options.axes,
      "axis to evaluate, or LABEL=PREDICTION where the files name it differently; may be repeated "
      "(default: all that both files have)");
  command.add_option("--json", options.json, "also write the numbers to this file");
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
  command.add_option(
      "--system", options.system_rule,
      "system of a clip that neither file tells: 'folder' (name of its folder), 'prefix' (file name up "
      "to the first _), or a regular expression on the path (its first group, or the match)");
  command
      .add_option("--decimals", options.decimals,
                  "round system means to this many decimals (published tables: 4)")
      ->check(CLI::Range(0, 15));
}

void add_bootstrap(CLI::App& command, EvaluateOptions& options) {
  command
      .add_option("--bootstrap", options.bootstrap.resamples,
                  "resamples for the 95 % intervals; 0: no intervals")
      ->capture_default_str();
  command
      .add_option(
          "--resample", options.resample,
          "what is random: 'points' (clips at the utterance level, systems at the system level), 'clips' "
          "(within "
          "their systems), 'systems', or a column of the labels whose groups are drawn whole (sentence, "
          "prompt, listener)")
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
  add_conventions(command, *options);
  add_bootstrap(command, *options);
  add_report_options(command, options->report);
  command.footer(
      "Example: qamro evaluate --labels ratings.csv --predictions scores.jsonl --json metrics.json\n"
      "ratings.csv: path,system,mos\n"
      "             a/1.wav,codec_a,3.8");
  return [options] { return run_evaluate(*options); };
}

}  // namespace qamro::cli
