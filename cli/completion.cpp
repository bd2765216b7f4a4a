#include "cli/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/completion_tree.h"
#include "qamro/io/command_line.h"

namespace qamro::cli {
namespace {

using io::escaped;
using io::quoted_word;

// 'qamro score'|'qamro model list'|…: a shell's pattern for all commands but the first, `qamro` itself.
std::string subcommand_pattern(const std::vector<CommandNode>& commands, const char* between) {
  std::vector<std::string> words;
  for (std::size_t i = 1; i < commands.size(); ++i) words.push_back(quoted_word(commands[i].words));
  return fmt::format("{}", fmt::join(words, between));
}

void print_bash(const std::vector<CommandNode>& commands) {
  std::cout << R"(_qamro() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=qamro options= next= i
  COMPREPLY=()
  if [[ $word == = ]]; then word=; elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$command ${COMP_WORDS[i]}" in
      )" << subcommand_pattern(commands, "|")
            << R"() command+=" ${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command $previous" in
)";
  std::vector<std::string> with_file;
  for (const auto& command : commands)
    for (const auto& option : command.options) {
      std::vector<std::string> patterns;
      for (const auto& name : option.names) patterns.push_back(quoted_word(command.words + " " + name));
      if (!option.choices.empty())
        std::cout << fmt::format("    {}) COMPREPLY=($(compgen -W {} -- \"$word\")); return ;;\n",
                                 fmt::join(patterns, "|"), quoted_word(option.choices));
      else if (option.takes_value)
        with_file.insert(with_file.end(), patterns.begin(), patterns.end());
    }
  std::cout << fmt::format("    {}) return ;;\n  esac\n  case $command in\n", fmt::join(with_file, "|"));
  for (const auto& command : commands)
    std::cout << "    " << quoted_word(command.words) << ") options=" << quoted_word(command.option_names())
              << " next=" << quoted_word(command.next_words()) << " ;;\n";
  std::cout << R"(  esac
  if [[ $word == -* ]]; then next=$options; fi
  COMPREPLY=($(compgen -W "$next" -- "$word"))
}
complete -o default -F _qamro qamro
)";
}

void print_zsh(const std::vector<CommandNode>& commands) {
  std::cout << "#compdef qamro\n_qamro() {\n  local command=qamro i\n  local -a arguments subcommands\n"
            << "  for ((i = 2; i < CURRENT; ++i)); do\n    case \"$command ${words[i]}\" in\n      "
            << subcommand_pattern(commands, "|")
            << ") command+=\" ${words[i]}\" ;;\n    esac\n  done\n  case $command in\n";
  for (const auto& command : commands) {
    std::cout << "    " << quoted_word(command.words) << ")\n      arguments=(\n";
    for (const auto& option : command.options)
      for (const auto& name : option.names) {
        std::string line = "*" + name + "[" + escaped(option.description, "[]\\") + "]";
        if (!option.choices.empty())
          line += ":value:(" + option.choices + ")";
        else if (option.takes_value)
          line += ":value:_files";
        std::cout << "        " << quoted_word(line) << "\n";
      }
    std::cout << "      )\n";
    if (!command.subcommands.empty()) {
      std::cout << "      subcommands=(\n";
      for (const auto& sub : command.subcommands)
        std::cout << "        "
                  << quoted_word(escaped(sub.name, ":\\") + ":" + escaped(sub.description, "\\")) << "\n";
      std::cout << "      )\n";
    }
    if (!command.choices.empty()) std::cout << "      subcommands=(" << command.choices << ")\n";
    std::cout << "      ;;\n";
  }
  std::cout << R"(  esac
  if (( $#subcommands )) && [[ $PREFIX != -* ]]; then
    _describe command subcommands
  else
    _arguments $arguments '*:file:_files'
  fi
}
if [[ ${funcstack[1]} == _qamro ]]; then _qamro "$@"; else compdef _qamro qamro; fi
)";
}

void print_fish(const std::vector<CommandNode>& commands) {
  std::cout
      << "function __qamro_is\n    set -l command qamro\n"
      << "    for word in (commandline -opc)[2..-1]\n        switch \"$command $word\"\n            case "
      << subcommand_pattern(commands, " ") << "\n                set command \"$command $word\"\n"
      << "        end\n    end\n    test \"$command\" = \"$argv\"\nend\n";
  for (const auto& command : commands) {
    const std::string start = "complete -c qamro -n " + quoted_word("__qamro_is " + command.words);
    for (const auto& sub : command.subcommands)
      std::cout << start << " -f -a " << sub.name << " -d " << quoted_word(sub.description) << "\n";
    if (!command.choices.empty()) std::cout << start << " -f -a " << quoted_word(command.choices) << "\n";
    for (const auto& option : command.options) {
      std::cout << start;
      for (const auto& name : option.names)
        std::cout << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
      if (!option.choices.empty())
        std::cout << " -x -a " << quoted_word(option.choices);
      else if (option.takes_value)
        std::cout << " -r";
      std::cout << " -d " << quoted_word(option.description) << "\n";
    }
  }
}

}  // namespace

std::function<int()> add_completion_command(CLI::App& app) {
  auto* command = app.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example: source <(qamro completion bash)");
  return [shell, &app] {
    const auto commands = command_tree(app);
    if (*shell == "bash") print_bash(commands);
    if (*shell == "zsh") print_zsh(commands);
    if (*shell == "fish") print_fish(commands);
    return ExitCode::kAllDone;
  };
}

}  // namespace qamro::cli
