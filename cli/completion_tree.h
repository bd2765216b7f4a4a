#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace qamro::cli {

// What completion scripts need to know of a command line.
struct CompletedOption {
  std::vector<std::string> names;  // with their dashes
  std::string description;         // one line, shortened
  bool takes_value = false;
  std::string choices;  // "jsonl csv"; empty: any value
};

struct CompletedSubcommand {
  std::string name;
  std::string description;
};

struct CommandNode {
  std::string words;  // "qamro model fetch"
  std::vector<CompletedOption> options;
  std::vector<CompletedSubcommand> subcommands;
  std::string choices;  // of its first positional argument

  std::string option_names() const;  // "--output -o --help"
  std::string next_words() const;    // the choices, then the sub-commands
};

// `app` and all commands below it, each before its own.
std::vector<CommandNode> command_tree(const CLI::App& app);

}  // namespace qamro::cli
