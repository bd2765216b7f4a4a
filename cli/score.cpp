#include "cli/commands.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/input_options.h"
#include "cli/progress.h"
#include "cli/report_options.h"
#include "cli/terminal.h"
#include "qamro/core/error.h"
#include "qamro/evaluation/output/conditions_output.h"
#include "qamro/report/run_reports.h"
#include "qamro/scoring/score_run.h"
#include "qamro/scoring/system_conditions.h"

namespace qamro::cli {
namespace {

struct ScoreOptions {
  InputOptions input;
  std::string output;
  std::string format = "jsonl";
  scoring::RunOptions run;
  bool ranking = true;
  ReportOptions report;
};

void write_score_report(const ScoreOptions& options, const report::ScoreReport& report,
                        const nlohmann::ordered_json& provenance) {
  std::vector<std::filesystem::path> roots;
  for (const std::string& given : options.input.inputs)
    if (std::filesystem::is_regular_file(given)) roots.push_back(std::filesystem::path(given).parent_path());
  write_report(options.report, report.data(provenance), roots);
}

// A manifest may name the file that would be written.
void refuse_output_among(const std::vector<data::Clip>& clips, const std::string& output) {
  std::error_code ignored;
  if (output.empty() || !std::filesystem::is_regular_file(output, ignored)) return;
  for (const data::Clip& clip : clips)
    if (std::filesystem::equivalent(clip.path, output, ignored))
      throw InvalidInput(
          fmt::format("--output: expected another file than the input {}, got '{}', which would be replaced",
                      clip.path_as_given, output));
}

// Scores the clips, shows progress, and ends with ranking, report and summary.
int score(const ScoreOptions& options, const std::vector<data::Clip>& clips) {
  refuse_output_among(clips, options.output);
  const auto predictor = open_model(options.input);
  const std::vector<std::string> axes = predictor->axis_names();
  scoring::RunOptions run = options.run;
  run.scoring.encoding = encoding_options(options.input, predictor->description().mono_policy);
  if (!options.output.empty() && options.output != "-")
    say_when_interrupted("qamro score: interrupted; the finished clips are kept: continue with --resume");
  if (!run.resume && !options.output.empty() && std::filesystem::exists(options.output + ".journal"))
    std::cerr
        << "starting anew; the clips that an earlier run had finished are scored again (--resume keeps them)\n";
  scoring::ScoreSink sink(options.output, std::cout, options.format,
                          {axes, clips, run.scoring.windows, !predictor->training_clips().empty()});
  report::ScoreReport report(*predictor);
  scoring::ScoresByAxis ranking;
  scoring::ConditionsBySystem conditions;
  Progress progress("scoring", static_cast<std::int64_t>(clips.size()));
  const auto on_clip = [&](const scoring::ClipScores& scores, const scoring::RunState& state) {
    if (run.resume && state.done == 1) std::cerr << scoring::render_resumed(state);
    if (!scores.error.empty()) {
      if (!scoring::holds_errors(options.format)) std::cerr << "qamro score: " << scores.error << '\n';
      progress.note(fmt::format("{} failed", state.failed + state.partly));
    }
    scoring::add_to_ranking(ranking, scores, axes);
    scoring::add_to_conditions(conditions, scores);
    if (!options.report.file.empty()) report.add(scores);
    progress.advance();
  };
  const scoring::RunState state = scoring::run_scoring(*predictor, clips, sink, run, on_clip);
  progress.finish();
  if (!options.report.file.empty() && state.is_complete() && state.failed < state.done)
    write_score_report(options, report, state.provenance);
  if (options.ranking && !run.scoring.windows && !ranking.empty() && state.is_complete())
    (sink.file().empty() ? std::cerr : std::cout)
        << '\n'
        << scoring::render_rankings(ranking, state.seen)
        << evaluation::render_conditions(scoring::summarise_conditions(conditions)) << std::flush;
  std::cerr << scoring::render_run(state, predictor->description().name, sink.file(), options.format);
  if (state.failed == state.done) return ExitCode::kNothingDone;
  return state.any_error() ? ExitCode::kSomeInputsFailed : ExitCode::kAllDone;
}

int run(const ScoreOptions& options) {
  const bool windows = options.run.scoring.windows;
  if (options.run.resume && (options.output.empty() || options.output == "-"))
    throw InvalidInput("--resume: expected --output FILE, whose journal says what was done");
  if (windows && !scoring::holds_windows(options.format))
    throw InvalidInput(
        fmt::format("--windows: --format {} has one row per clip, not one per window", options.format));
  if (windows && !options.report.file.empty())
    throw InvalidInput("--report: expected one row per clip, not one per window (--windows)");
  if (!options.report.file.empty()) report::require_drawing_library();
  const auto clips = read_clips(options.input);
  if (clips.empty()) {
    std::cerr << "qamro score: nothing to score: the inputs contain no clips\n";
    return ExitCode::kNothingDone;
  }
  return score(options, clips);
}

}  // namespace

std::function<int()> add_score_command(CLI::App& app) {
  auto* command = app.add_subcommand("score", "Score audio, and rank the systems that made it");
  auto options = std::make_shared<ScoreOptions>();
  add_input_options(*command, options->input);
  command->add_option("--output,-o", options->output, "file for the rows (default: standard output)");
  command
      ->add_option(
          "--format", options->format,
          "jsonl, csv, answer (the format of the AudioMOS Challenge 2025: track 1 for a model of MI and TA, track 2 for a model of PQ, PC, CE and CU) or audio-aes (the lines of the program of that name: {\"CE\", \"CU\", \"PC\", \"PQ\"}, line n for input n; {\"error\"} for an input that cannot be scored)")
      ->capture_default_str()
      ->check(CLI::IsMember(scoring::score_formats()));
  command->add_flag("--windows", options->run.scoring.windows,
                    "write one row per window instead of one per clip: a timeline");
  command->add_flag("--resume", options->run.resume,
                    "continue where a killed run with the same --output stopped");
  command->add_flag("--fail-fast", options->run.fail_fast, "stop at the first clip that cannot be scored");
  command->add_flag("!--no-ranking", options->ranking, "do not print the ranking of systems at the end");
  add_report_options(*command, options->report);
  command->footer(
      "Rows keep the inputs' order: {\"path\", \"system\", \"mos\", \"duration_seconds\", \"familiarity\",\n"
      "\"sample_rate_hz\", \"channels\", \"level_db\"} or {\"path\", \"error\"}. A familiarity below 0.5: a little unlike the\n"
      "speech that the model was fitted on; below 0.1: far from it, and the score is a guess (docs/models.md).\n"
      "A row with \"in_training\": true is of a clip that the model was trained on.\n"
      "With a text-to-music model (kind clap), a clip without a prompt gets its MI, null for TA, and an error.\n"
      "FILE.provenance.json, beside FILE, says how the scores were made.\n"
      "Example: qamro score wavs/ --model my_clap/model --prompts prompt_info.txt --output scores.jsonl\n"
      "Example: qamro score ours/ theirs/ --system folder --output scores.jsonl");
  return [options] { return run(*options); };
}

}  // namespace qamro::cli
