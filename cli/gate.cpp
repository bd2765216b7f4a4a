#include "cli/commands.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/system_inputs.h"
#include "qamro/core/error.h"
#include "qamro/data/training_clips.h"
#include "qamro/evaluation/gate.h"
#include "qamro/evaluation/output/comparison_json.h"
#include "qamro/evaluation/output/conditions_output.h"
#include "qamro/evaluation/output/json_numbers.h"
#include "qamro/io/atomic_file.h"
#include "qamro/scoring/system_conditions.h"
#include "qamro/scoring/system_scores.h"
#include "qamro/statistics/paired_permutation.h"

namespace qamro::cli {
namespace {

struct GateCommandOptions {
  std::string input;
  std::vector<std::string> minima;  // AXIS=NUMBER
  std::string baseline;
  scoring::GateConditions conditions;
  InputOptions audio;
  std::string json;
};

std::vector<evaluation::AxisMinimum> minima_of(const GateCommandOptions& options) {
  std::vector<evaluation::AxisMinimum> minima;
  for (const std::string& text : options.minima) {
    const auto minimum = evaluation::parse_minimum(text);
    if (!minimum) throw InvalidInput(fmt::format("--min: expected AXIS=NUMBER, got '{}'", text));
    minima.push_back(*minimum);
  }
  return minima;
}

bool is_empty(const scoring::SystemScoreSets& system) {
  if (!system.all_failed() && !system.axes.empty()) return false;
  std::cerr << fmt::format("qamro gate: {}: no clip has a score\n", system.name);
  return true;
}

int run_gate(const GateCommandOptions& options) {
  scoring::GateConditions conditions = options.conditions;
  conditions.minima = minima_of(options);
  conditions.gate.validate();
  if (conditions.minima.empty() && options.baseline.empty())
    throw InvalidInput("gate: expected --min AXIS=NUMBER or --not-worse-than BASELINE, got neither");
  SystemReader reader(options.audio, options.conditions.axes);
  const scoring::SystemScoreSets candidate = reader.read(options.input);
  warn_failures("gate", candidate);
  std::optional<scoring::SystemScoreSets> baseline;
  if (!options.baseline.empty()) {
    baseline = reader.read(options.baseline);
    warn_failures("gate", *baseline);
  }
  if (is_empty(candidate) || (baseline && is_empty(*baseline))) return ExitCode::kNothingDone;
  const auto checks = scoring::check_system(candidate, baseline ? &*baseline : nullptr, conditions);
  std::vector<const scoring::SystemScoreSets*> systems = {&candidate};
  if (baseline) systems.push_back(&*baseline);
  const auto clips = scoring::summarise_conditions(systems);
  auto json = evaluation::gate_json(checks, conditions.gate);
  json["conditions"] = evaluation::conditions_json(clips);
  if (const data::SeenClips seen = scoring::seen_clips(systems); seen.seen > 0) {
    std::cerr << fmt::format("qamro gate: {}; {}\n", seen.describe(), seen.describe_systems());
    json[data::kInTraining] = evaluation::seen_json(seen);
  }
  if (!options.json.empty()) io::write_json(options.json, json);
  const std::string note = evaluation::conditions_line(clips);
  std::cout << evaluation::gate_verdict(checks) << (note.empty() ? "" : "; note: ") << note << std::endl;
  return evaluation::gate_outcome(checks) == evaluation::GateOutcome::kPass ? ExitCode::kAllDone
                                                                            : ExitCode::kSomeInputsFailed;
}

void add_conditions(CLI::App& command, GateCommandOptions& options) {
  command
      .add_option("--min", options.minima, "AXIS=NUMBER: the mean must reach this number; may be repeated")
      ->allow_extra_args(false);
  command.add_flag(
      "--sure", options.conditions.gate.sure,
      "with --min: the mean's lower confidence bound (one-sided, 1 - alpha) must reach the number");
  command.add_option(
      "--not-worse-than", options.baseline,
      "folder of audio or file of scores: the mean must not be significantly lower than that of this baseline");
  command
      .add_option("--axis", options.conditions.axes,
                  "axis to compare with the baseline (default: all axes that both have); may be repeated")
      ->allow_extra_args(false);
  command.add_option(
      "--margin", options.conditions.gate.margin,
      "with --not-worse-than: require evidence that the mean is lower by less than this (non-inferiority)");
  command.add_option(
      "--detect", options.conditions.gate.detect,
      "with --not-worse-than: pass only if the clips would have noticed a drop of this size, in the axis' units");
  command
      .add_option("--min-power", options.conditions.gate.power,
                  "with --detect: probability of noticing that drop; PASS says what would be noticed with it")
      ->capture_default_str();
  command
      .add_option("--alpha", options.conditions.gate.alpha,
                  "significance level: accepted probability of a wrong decision by chance")
      ->capture_default_str();
  command
      .add_option("--allow-failures", options.conditions.allowed_failures,
                  "number of clips that may have no score")
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
  command.add_option("--permutations", options->conditions.gate.rounds, "rounds of the permutation test")
      ->check(CLI::Range(statistics::kMinPermutations, statistics::kMaxPermutations))
      ->capture_default_str();
  command.add_option("--seed", options->conditions.gate.seed, "seed of everything random")
      ->capture_default_str();
  command.add_option("--json", options->json, "also write the numbers to this file");
  add_model_options(command, options->audio);
  add_column_options(command, options->audio.key, options->audio.system_column);
  command.footer(
      "Prints one line on standard output: PASS, FAIL or UNDECIDED (too few clips to tell), and why.\n"
      "Exit codes: 0 passed, 1 failed or undecided, 2 wrong usage, 3 nothing could be judged (no clip has a score, or a\n"
      "file or model cannot be read).\n"
      "Example: qamro gate samples/ --min mos=3.5 --not-worse-than released.jsonl --alpha .05 --json gate.json");
  return [options] { return run_gate(*options); };
}

}  // namespace qamro::cli
