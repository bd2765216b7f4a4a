#include "cli/commands.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "cli/completion_tree.h"

namespace qamro::cli {
namespace {

std::string in_quotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string joined(const std::vector<std::string>& words, const char* between = " ") {
  std::string result;
  for (const auto& word : words) result += (result.empty() ? "" : between) + word;
  return result;
}

// 'qamro score'|'qamro model list'|…: a shell's pattern for all commands but the first, `qamro` itself.
std::string subcommand_pattern(const std::vector<CommandNode>& commands, const char* between) {
  std::vector<std::string> words;
  for (std::size_t i = 1; i < commands.size(); ++i) words.push_back(in_quotes(commands[i].words));
  return joined(words, between);
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
      for (const auto& name : option.names) patterns.push_back(in_quotes(command.words + " " + name));
      if (!option.choices.empty())
        std::cout << "    " << joined(patterns, "|") << ") COMPREPLY=($(compgen -W "
                  << in_quotes(joined(option.choices)) << " -- \"$word\")); return ;;\n";
      else if (option.takes_value)
        with_file.insert(with_file.end(), patterns.begin(), patterns.end());
    }
  std::cout << "    " << joined(with_file, "|") << ") return ;;\n  esac\n  case $command in\n";
  for (const auto& command : commands) {
    std::vector<std::string> names;
    for (const auto& option : command.options)
      names.insert(names.end(), option.names.begin(), option.names.end());
    std::vector<std::string> next = command.choices;
    for (const auto& sub : command.subcommands) next.push_back(sub.name);
    std::cout << "    " << in_quotes(command.words) << ") options=" << in_quotes(joined(names))
              << " next=" << in_quotes(joined(next)) << " ;;\n";
  }
  std::cout << R"(  esac
  if [[ $word == -* ]]; then next=$options; fi
  COMPREPLY=($(compgen -W "$next" -- "$word"))
}
complete -o default -F _qamro qamro
)";
}

// For zsh's _arguments and _describe.
std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

void print_zsh(const std::vector<CommandNode>& commands) {
  std::cout << "#compdef qamro\n_qamro() {\n  local command=qamro i\n  local -a arguments subcommands\n"
            << "  for ((i = 2; i < CURRENT; ++i)); do\n    case \"$command ${words[i]}\" in\n      "
            << subcommand_pattern(commands, "|")
            << ") command+=\" ${words[i]}\" ;;\n    esac\n  done\n  case $command in\n";
  for (const auto& command : commands) {
    std::cout << "    " << in_quotes(command.words) << ")\n      arguments=(\n";
    for (const auto& option : command.options)
      for (const auto& name : option.names) {
        std::string line = "*" + name + "[" + escaped(option.description, "[]\\") + "]";
        if (!option.choices.empty())
          line += ":value:(" + joined(option.choices) + ")";
        else if (option.takes_value)
          line += ":value:_files";
        std::cout << "        " << in_quotes(line) << "\n";
      }
    std::cout << "      )\n";
    if (!command.subcommands.empty()) {
      std::cout << "      subcommands=(\n";
      for (const auto& sub : command.subcommands)
        std::cout << "        " << in_quotes(escaped(sub.name, ":\\") + ":" + escaped(sub.description, "\\"))
                  << "\n";
      std::cout << "      )\n";
    }
    if (!command.choices.empty()) std::cout << "      subcommands=(" << joined(command.choices) << ")\n";
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
    const std::string start = "complete -c qamro -n " + in_quotes("__qamro_is " + command.words);
    for (const auto& sub : command.subcommands)
      std::cout << start << " -f -a " << sub.name << " -d " << in_quotes(sub.description) << "\n";
    if (!command.choices.empty())
      std::cout << start << " -f -a " << in_quotes(joined(command.choices)) << "\n";
    for (const auto& option : command.options) {
      std::cout << start;
      for (const auto& name : option.names)
        std::cout << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
      if (!option.choices.empty())
        std::cout << " -x -a " << in_quotes(joined(option.choices));
      else if (option.takes_value)
        std::cout << " -r";
      std::cout << " -d " << in_quotes(option.description) << "\n";
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
