#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "qamro/core/error.h"
#include "qamro/core/process.h"
#include "qamro/core/processor.h"

namespace {

using qamro::cli::ExitCode;

// Wrong options and unusable inputs end with a message that says what to do, never with a stack trace.
int run(const CLI::App& command, const std::function<int()>& work) {
  const auto end = [&](const std::string& message, int code) {
    std::cerr << "qamro " << command.get_name() << ": " << message << '\n';
    return code;
  };
  try {
    qamro::cli::refuse_same_files(command);
    return work();
  } catch (const qamro::InvalidInput& error) {
    return end(error.what(), ExitCode::kWrongUsage);
  } catch (const qamro::Error& error) {
    return end(error.what(), ExitCode::kNothingDone);
  } catch (const std::bad_alloc&) {
    return end("out of memory", ExitCode::kNothingDone);
  } catch (const std::exception& error) {
    return end(qamro::cli::describe_unexpected(error, command), ExitCode::kNothingDone);
  }
}

int run_command_line(int argc, char** argv) {
  CLI::App app(
      "Predicts how listeners would rate generated audio (mean opinion scores), ranks systems by these scores,\n"
      "and trains such predictors with the QAMRO ranking loss (arXiv 2508.08957).");
  app.name("qamro");
  bool is_verbose = false;
  app.add_flag("--verbose", is_verbose,
               "with --version: also print what qamro computes with on this machine");
  app.set_version_flag("--version", [&] { return qamro::cli::version_text(is_verbose); });
  app.require_subcommand(1);
  app.footer(
      "Example: qamro score my_system/ other_system/ --system folder --output scores.jsonl\n"
      "'qamro COMMAND --help' shows a command's options and an example.\n"
      "Exit codes: 0 all done, 1 some inputs failed, 2 wrong usage, 3 nothing could be done.");

  const std::vector<std::pair<std::string, std::function<int()>>> commands = {
      {"score", qamro::cli::add_score_command(app)},
      {"train", qamro::cli::add_train_command(app)},
      {"evaluate", qamro::cli::add_evaluate_command(app)},
      {"ablate", qamro::cli::add_ablate_command(app)},
      {"compare", qamro::cli::add_compare_command(app)},
      {"gate", qamro::cli::add_gate_command(app)},
      {"experiment", qamro::cli::add_experiment_command(app)},
      {"embed", qamro::cli::add_embed_command(app)},
      {"model", qamro::cli::add_model_command(app)},
      {"completion", qamro::cli::add_completion_command(app)},
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kAllDone : ExitCode::kWrongUsage;
  }
  for (const auto& [name, command] : commands)
    if (app.got_subcommand(name)) return run(*app.get_subcommand(name), command);
  return ExitCode::kWrongUsage;
}

}  // namespace

int main(int argc, char** argv) {
  qamro::keep_freed_memory();
  qamro::cli::make_terminals_harmless();
  try {
    qamro::limit_libraries();
  } catch (const qamro::InvalidInput& error) {
    std::cerr << "qamro: " << error.what() << '\n';
    return ExitCode::kWrongUsage;
  }
  return qamro::leave(run_command_line(argc, argv));
}
