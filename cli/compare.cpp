#include "cli/commands.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/compare_predictors.h"
#include "cli/rating_inputs.h"
#include "cli/system_inputs.h"
#include "qamro/core/error.h"
#include "qamro/data/training_clips.h"
#include "qamro/evaluation/output/comparison_json.h"
#include "qamro/evaluation/output/comparison_text.h"
#include "qamro/evaluation/output/conditions_output.h"
#include "qamro/evaluation/output/json_numbers.h"
#include "qamro/io/atomic_file.h"
#include "qamro/metrics/metric.h"
#include "qamro/scoring/system_conditions.h"
#include "qamro/scoring/system_scores.h"
#include "qamro/statistics/paired_permutation.h"

namespace qamro::cli {
namespace {

std::vector<scoring::SystemScoreSets> read_systems(const CompareOptions& options) {
  InputOptions audio = options.audio;
  audio.key = options.ratings.key;
  audio.system_column = options.ratings.system_column;
  SystemReader reader(audio, options.ratings.axes);
  if (options.inputs.size() > 1) {
    std::vector<scoring::SystemScoreSets> systems;
    for (const std::string& input : options.inputs) systems.push_back(reader.read(input));
    return systems;
  }
  auto systems = scoring::systems_of_file(options.inputs.front(), columns_of(audio, options.ratings.axes));
  if (systems.size() < 2)
    throw InvalidInput(fmt::format("{}: expected two inputs, or a file of scores with two systems, got {}",
                                   options.inputs.front(), systems.size()));
  return systems;
}

int run_systems(const CompareOptions& options) {
  const std::vector<scoring::SystemScoreSets> systems = read_systems(options);
  std::vector<const scoring::SystemScoreSets*> all;
  std::size_t failed = 0;
  for (const scoring::SystemScoreSets& system : systems) {
    all.push_back(&system);
    failed += system.failures.size();
    warn_failures("compare", system);
    if (system.all_failed()) {
      std::cerr << fmt::format("qamro compare: {}: no clip has a score\n", system.name);
      return ExitCode::kNothingDone;
    }
  }
  const double confidence = options.bootstrap.confidence;
  const statistics::MeanTestOptions test{
      .rounds = options.permutations, .seed = options.bootstrap.seed, .confidence = confidence};
  const auto conditions = scoring::summarise_conditions(all);
  auto json = nlohmann::ordered_json::object();
  for (const std::string& axis : scoring::common_axes(all, options.ratings.axes)) {
    const auto verdict =
        scoring::judge_axis(systems, axis, test, {options.detect, options.power}, options.audio.threads);
    std::cout << evaluation::render_verdict(verdict, axis);
    json[axis] = evaluation::verdict_json(verdict);
    json[axis]["conditions"] = evaluation::conditions_json(conditions);
  }
  if (const auto text = evaluation::render_conditions(conditions); !text.empty()) std::cout << '\n' << text;
  if (const data::SeenClips seen = scoring::seen_clips(all); seen.seen > 0) {
    std::cout << fmt::format("{}\n{}\n", seen.describe(), seen.describe_systems());
    for (auto& axis : json) axis[data::kInTraining] = evaluation::seen_json(seen);
  }
  if (!options.json.empty()) io::write_json(options.json, json);
  return failed > 0 ? ExitCode::kSomeInputsFailed : ExitCode::kAllDone;
}

void add_statistics(CLI::App& command, CompareOptions& options) {
  command.add_option("--permutations", options.permutations, "rounds of the permutation tests")
      ->check(CLI::Range(statistics::kMinPermutations, statistics::kMaxPermutations))
      ->capture_default_str();
  command
      .add_option("--bootstrap", options.bootstrap.resamples,
                  "bootstrap resamples for the intervals; only when comparing predictors")
      ->capture_default_str();
  command
      .add_option(
          "--resample", options.resample,
          "what the bootstrap resamples when comparing predictors (see 'qamro evaluate --help'); the permutation test swaps the same units")
      ->capture_default_str();
  command
      .add_option("--confidence", options.bootstrap.confidence,
                  "confidence of the intervals; the tests use alpha = 1 - confidence")
      ->capture_default_str();
  command
      .add_option(
          "--metric", options.metric,
          "metric of the verdict and of the power analysis when comparing predictors: mse, lcc, srcc or ktau")
      ->check(
          CLI::IsMember(std::vector<std::string>(metrics::kMetricNames.begin(), metrics::kMetricNames.end())))
      ->capture_default_str();
  command
      .add_option(
          "--detect", options.detect,
          "when comparing systems: the difference that the reported number of clips would settle, in the axis' units")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--power", options.power,
                  "probability that the reported number of clips (or raters) would settle the comparison")
      ->capture_default_str();
  command.add_option("--seed", options.bootstrap.seed, "seed of everything random")->capture_default_str();
  command.add_option("--json", options.json, "also write the numbers to this file");
}

}  // namespace

std::function<int()> add_compare_command(CLI::App& app) {
  CLI::App& command = *app.add_subcommand(
      "compare", "Which of two predictors, or of several systems, is better, and how sure that is");
  const auto options = std::make_shared<CompareOptions>();
  command
      .add_option(
          "INPUT", options->inputs,
          "with --labels: two files of predictions; without: the systems, each a folder of audio or a file of scores, or one file of scores with a column 'system'")
      ->required();
  add_rating_inputs(command, options->ratings);
  command.get_option("--labels")->required(false);
  command.add_option("--system-truth", options->system_truth, "as in 'qamro evaluate'")
      ->capture_default_str();
  add_statistics(command, *options);
  add_model_options(command, options->audio);
  command.footer(
      "Example: qamro compare --labels ratings.csv ours.jsonl theirs.jsonl\n"
      "Example: qamro compare new_model/ old_model/ --model qamro-speech");
  return [options] {
    return options->ratings.labels.empty() ? run_systems(*options) : run_predictors(*options);
  };
}

}  // namespace qamro::cli
