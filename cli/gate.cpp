#include "cli/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/system_inputs.h"
#include "qamro/core/error.h"
#include "qamro/data/rating_cell.h"
#include "qamro/evaluation/gate.h"
#include "qamro/evaluation/output/comparison_json.h"
#include "qamro/io/result_file.h"

namespace qamro::cli {
namespace {

struct GateCommandOptions {
  std::string input;
  std::vector<std::string> minima;  // AXIS=VALUE
  std::string baseline;
  std::vector<std::string> axes;  // for the baseline; empty: all common ones
  std::size_t failures = 0;
  evaluation::GateOptions gate;
  InputOptions audio;
  std::string json;
};

std::vector<std::pair<std::string, double>> minima_of(const GateCommandOptions& options) {
  std::vector<std::pair<std::string, double>> minima;
  for (const std::string& text : options.minima) {
    const std::size_t equals = text.find('=');
    const auto value =
        equals == std::string::npos ? std::nullopt : data::parse_number(text.substr(equals + 1));
    if (!value || equals == 0) throw InvalidInput(fmt::format("--min: expected AXIS=NUMBER, got '{}'", text));
    minima.emplace_back(text.substr(0, equals), *value);
  }
  return minima;
}

bool is_empty(const scoring::SystemScoreSets& system) {
  if (system.clips > system.failures.size() && !system.axes.empty()) return false;
  std::cerr << fmt::format("qamro gate: {}: no clip has a score\n", system.name);
  return true;
}

evaluation::GateCheck check_failures(const GateCommandOptions& options,
                                     const scoring::SystemScoreSets& system) {
  evaluation::GateCheck check;
  check.passed = system.failures.size() <= options.failures;
  check.what = fmt::format("{} of {} clips have no score", system.failures.size(), system.clips);
  return check;
}

std::vector<evaluation::GateCheck> run_checks(const GateCommandOptions& options,
                                              const std::vector<std::pair<std::string, double>>& minima,
                                              const scoring::SystemScoreSets& candidate,
                                              const std::optional<scoring::SystemScoreSets>& baseline) {
  std::vector<evaluation::GateCheck> checks;
  for (const auto& [axis, minimum] : minima) {
    scoring::common_axes({&candidate}, {axis});  // throws, saying what is missing
    checks.push_back(evaluation::check_minimum(axis, candidate.axes.at(axis), minimum, options.gate));
  }
  if (baseline) {
    std::vector<evaluation::GatePair> pairs;
    for (const std::string& axis : scoring::common_axes({&candidate, &*baseline}, options.axes))
      pairs.push_back({axis, candidate.axes.at(axis), baseline->axes.at(axis)});
    for (evaluation::GateCheck& check : evaluation::check_not_worse(pairs, options.gate))
      checks.push_back(std::move(check));
  }
  if (!candidate.failures.empty()) checks.push_back(check_failures(options, candidate));
  return checks;
}

int run_gate(const GateCommandOptions& options) {
  const auto minima = minima_of(options);
  options.gate.validate();
  if (minima.empty() && options.baseline.empty())
    throw InvalidInput("gate: expected --min AXIS=NUMBER or --not-worse-than BASELINE, got neither");
  SystemReader reader(options.audio);
  const scoring::SystemScoreSets candidate = reader.read(options.input);
  warn_failures("gate", candidate);
  std::optional<scoring::SystemScoreSets> baseline;
  if (!options.baseline.empty()) {
    baseline = reader.read(options.baseline);
    warn_failures("gate", *baseline);
  }
  if (is_empty(candidate) || (baseline && is_empty(*baseline))) return ExitCode::kNothingDone;
  const auto checks = run_checks(options, minima, candidate, baseline);
  const std::string verdict = evaluation::gate_verdict(checks);
  if (!options.json.empty()) io::write_json(options.json, evaluation::gate_json(checks, options.gate));
  std::cout << verdict << std::endl;
  const bool passed =
      std::all_of(checks.begin(), checks.end(), [](const auto& check) { return check.passed; });
  return passed ? ExitCode::kAllDone : ExitCode::kSomeInputsFailed;
}

void add_conditions(CLI::App& command, GateCommandOptions& options) {
  command
      .add_option("--min", options.minima, "AXIS=NUMBER: the mean must reach this number; may be repeated")
      ->allow_extra_args(false);
  command.add_flag(
      "--sure", options.gate.sure,
      "with --min: the mean's lower confidence bound (one-sided, 1 - alpha) must reach the number");
  command.add_option(
      "--not-worse-than", options.baseline,
      "folder of audio or file of scores: the mean must not be significantly lower than that of this baseline");
  command
      .add_option("--axis", options.axes,
                  "axis to compare with the baseline (default: all axes that both have); may be repeated")
      ->allow_extra_args(false);
  command.add_option(
      "--margin", options.gate.margin,
      "with --not-worse-than: require evidence that the mean is lower by less than this (non-inferiority)");
  command
      .add_option("--alpha", options.gate.alpha,
                  "significance level: accepted probability of a wrong decision by chance")
      ->capture_default_str();
  command.add_option("--allow-failures", options.failures, "number of clips that may have no score")
      ->capture_default_str();
}

}  // namespace

std::function<int()> add_gate_command(CLI::App& app) {
  CLI::App& command =
      *app.add_subcommand("gate", "Pass or fail a system, for continuous integration of generators");
  const auto options = std::make_shared<GateCommandOptions>();
  command.add_option("INPUT", options->input, "folder of audio, or file of scores from 'qamro score'")
      ->required();
  add_conditions(command, *options);
  command.add_option("--permutations", options->gate.rounds, "rounds of the permutation test")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  command.add_option("--seed", options->gate.seed, "seed of everything random")->capture_default_str();
  command.add_option("--json", options->json, "also write the numbers to this file");
  add_model_options(command, options->audio);
  command.footer(
      "Prints one line on standard output: PASS or FAIL, and why. Exit codes: 0 passed, 1 failed, 2 wrong usage,\n"
      "3 nothing could be judged (no clip has a score, or a file or model cannot be read).\n"
      "Example: qamro gate samples/ --min mos=3.5 --not-worse-than released.jsonl --alpha .05 --json gate.json");
  return [options] { return run_gate(*options); };
}

}  // namespace qamro::cli
