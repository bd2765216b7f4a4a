#include "cli/compare.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/compare_predictors.h"
#include "cli/exit_code.h"
#include "cli/json_file.h"
#include "cli/rating_inputs.h"
#include "cli/system_inputs.h"
#include "qamro/core/error.h"
#include "qamro/evaluation/comparison_report.h"
#include "qamro/evaluation/system_comparison.h"
#include "qamro/evaluation/text_report.h"

namespace qamro::cli {
namespace {

using Json = nlohmann::ordered_json;

// The scores of all systems on one axis, which all of them must have.
std::vector<evaluation::ComparedSystem> on_axis(const std::vector<SystemScoreSets>& systems,
                                                const std::string& axis) {
  std::vector<evaluation::ComparedSystem> result;
  for (const SystemScoreSets& system : systems) result.push_back({system.name, system.axes.at(axis)});
  return result;
}

const evaluation::ScoreSet& set_of(const std::vector<evaluation::ComparedSystem>& systems,
                                   const std::string& name) {
  return std::find_if(systems.begin(), systems.end(), [&](const auto& s) { return s.system == name; })->set;
}

std::string power_text(const evaluation::PowerCurve& curve, double power) {
  return curve.enough
             ? fmt::format("{} clips a system would settle it ({:g} % power)", *curve.enough, 100 * power)
             : fmt::format("no number of clips tried would settle it ({:g} % power)", 100 * power);
}

std::string verdict_of_systems(const std::string& axis, const evaluation::SystemComparison& comparison,
                               const std::string& power, double confidence) {
  const evaluation::SystemPair& best = comparison.pairs.front();  // the first two of the ranking
  const std::string& first = comparison.systems[best.better].system;
  const std::string& second = comparison.systems[best.worse].system;
  const bool differ = best.p_holm && *best.p_holm <= 1 - confidence;
  const std::string interval =
      best.test.interval
          ? fmt::format(" [{:+.3f}, {:+.3f}]", best.test.interval->low, best.test.interval->high)
          : "";
  const std::string p = best.p_holm ? fmt::format(", p = {:.4f}", *best.p_holm) : "";
  return differ ? fmt::format("{}: {} is better than {} by {:.3f}{}{}", axis, first, second,
                              best.test.difference, interval, p)
                : fmt::format("{}: {} and {} cannot be told apart: {:+.3f}{}{}; {}", axis, first, second,
                              best.test.difference, interval, p, power);
}

// Compares systems on one axis. Writes text to stdout and returns the JSON.
Json compare_axis(const CompareOptions& options, const std::vector<SystemScoreSets>& systems,
                  const std::string& axis) {
  const auto sets = on_axis(systems, axis);
  const evaluation::MeanTestOptions test{.rounds = options.permutations,
                                         .seed = options.bootstrap.seed,
                                         .confidence = options.bootstrap.confidence};
  const auto comparison = evaluation::compare_systems(sets, test, options.audio.threads);
  const auto power = evaluation::clips_to_settle(set_of(sets, comparison.systems[0].system),
                                                 set_of(sets, comparison.systems[1].system),
                                                 {.alpha = 1 - test.confidence,
                                                  .power = options.power,
                                                  .seed = test.seed,
                                                  .threads = options.audio.threads});
  const std::string verdict =
      verdict_of_systems(axis, comparison, power_text(power, options.power), test.confidence);
  std::cout << verdict << "\n\n"
            << evaluation::render_system_ranking(comparison.systems, axis, test.confidence) << '\n'
            << evaluation::render_pairs(comparison, test.confidence) << '\n';
  Json json = evaluation::systems_json(comparison);
  json["verdict"] = verdict;
  json["clips_to_settle"] = evaluation::power_json(power);  // for the two best
  return json;
}

std::vector<SystemScoreSets> read_systems(const CompareOptions& options) {
  SystemReader reader(options.audio);
  if (options.inputs.size() > 1) {
    std::vector<SystemScoreSets> systems;
    for (const std::string& input : options.inputs) systems.push_back(reader.read(input));
    return systems;
  }
  auto systems = SystemReader::read_systems(options.inputs.front());
  if (systems.size() < 2)
    throw InvalidInput(fmt::format("{}: expected two inputs, or a file of scores with two systems, got {}",
                                   options.inputs.front(), systems.size()));
  return systems;
}

int run_systems(const CompareOptions& options) {
  const std::vector<SystemScoreSets> systems = read_systems(options);
  std::vector<const SystemScoreSets*> all;
  std::size_t failed = 0;
  for (const SystemScoreSets& system : systems) {
    all.push_back(&system);
    failed += system.failures.size();
    warn_failures("compare", system);
    if (system.clips == system.failures.size()) {
      std::cerr << fmt::format("qamro compare: {}: no clip has a score\n", system.name);
      return ExitCode::kNothingDone;
    }
  }
  Json json = Json::object();
  for (const std::string& axis : common_axes(all, options.ratings.axes))
    json[axis] = compare_axis(options, systems, axis);
  if (!options.json.empty()) write_json(options.json, json);
  return failed > 0 ? ExitCode::kSomeInputsFailed : ExitCode::kAllDone;
}

void add_statistics(CLI::App& command, CompareOptions& options) {
  command.add_option("--permutations", options.permutations, "rounds of the permutation tests")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  command.add_option("--bootstrap", options.bootstrap.resamples, "resamples for the intervals of predictors")
      ->capture_default_str();
  command
      .add_option("--resample", options.resample,
                  "of predictors, what is random: see 'qamro evaluate --help'; the same changes sides in the "
                  "permutation test")
      ->capture_default_str();
  command
      .add_option("--confidence", options.bootstrap.confidence, "of the intervals; 1 - alpha of the tests")
      ->capture_default_str();
  command
      .add_option("--metric", options.metric,
                  "of predictors, what the verdict and the power are about: mse, lcc, srcc or ktau")
      ->check(CLI::IsMember({"mse", "lcc", "srcc", "ktau"}))
      ->capture_default_str();
  command
      .add_option("--power", options.power,
                  "how likely the number of clips (or raters) told would settle the comparison")
      ->capture_default_str();
  command.add_option("--seed", options.bootstrap.seed, "of everything random")->capture_default_str();
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
          "with --labels: two files of predictions; without: systems, each a folder of audio or a file "
          "of scores, or one file of scores with a column 'system'")
      ->required();
  add_rating_inputs(command, options->ratings);
  command.get_option("--labels")->required(false);
  command.add_option("--system-truth", options->system_truth, "as of 'qamro evaluate'")
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
