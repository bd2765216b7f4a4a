#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <string>

namespace qamro::cli {

// Exit codes for scripts; every sub-command follows them.
enum ExitCode : int {
  kAllDone = 0,
  kSomeInputsFailed = 1,  // each is named in its output row's "error"
  kWrongUsage = 2,
  kNothingDone = 3,
};

// `qamro ablate`: compares the same training with other losses. Returns the function that runs it.
std::function<int()> add_ablate_command(CLI::App& app);

// Adds `qamro compare` to the app. Returns the function that runs it after parsing.
std::function<int()> add_compare_command(CLI::App& app);

// `qamro completion SHELL`: prints a completion script, made from all commands and options of `app`.
std::function<int()> add_completion_command(CLI::App& app);

// Adds `qamro embed` to the app. Returns the function that runs it after parsing.
std::function<int()> add_embed_command(CLI::App& app);

// Adds `qamro evaluate` to the app. Returns the function that runs it after parsing.
std::function<int()> add_evaluate_command(CLI::App& app);

// `qamro experiment`: from a folder of published ratings to the paper's tables. Returns the function that
// runs it.
std::function<int()> add_experiment_command(CLI::App& app);

// Adds `qamro gate` to the app. Returns the function that runs it after parsing.
std::function<int()> add_gate_command(CLI::App& app);

// Adds `qamro model` with its sub-commands to the app. Returns the function that runs them after parsing.
std::function<int()> add_model_command(CLI::App& app);

// Adds `qamro score` to the app. Returns the function that runs it after parsing.
std::function<int()> add_score_command(CLI::App& app);

// `qamro train`: trains heads on frozen embeddings, or a whole encoder, from a recipe. Returns the function
// that runs it.
std::function<int()> add_train_command(CLI::App& app);

// Throws InvalidInput if what the command would write (--output, --json, --report) is a file that it reads,
// or two of these are one file: under another name or through a link, too.
void refuse_same_files(const CLI::App& command);

// "qamro 0.1.0"; verbose: also what it computes with on this machine, one line each ("name: value").
std::string version_text(bool is_verbose);

// One line for an unforeseen error, such as one from inside torch, without its stack. It says what was
// computed (the command's model and precision, the processor's tier) and what went wrong, and asks to
// report it.
std::string describe_unexpected(const std::exception& error, const CLI::App& command);

}  // namespace qamro::cli
