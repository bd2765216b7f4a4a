#include "cli/completion_tree.h"

#include <algorithm>

namespace qamro::cli {
namespace {

// One line of at most about 80 bytes, cut between words.
std::string shortened(std::string text) {
  constexpr std::size_t kWidth = 80;
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= kWidth) return text;
  const std::size_t end = text.rfind(' ', kWidth);
  return text.substr(0, end == std::string::npos ? text.find(' ') : end) + " …";
}

// CLI11 tells the choices of CLI::IsMember in the type only: "TEXT:{jsonl,csv}".
std::string choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return "";
  std::string choices = type.substr(begin + 1, end - begin - 1);
  std::replace(choices.begin(), choices.end(), ',', ' ');
  return choices;
}

void append(std::string& words, const std::string& word) {
  words += (words.empty() ? "" : " ") + word;
}

void add_option(const CLI::Option& option, CommandNode& node) {
  if (option.get_group().empty()) return;  // hidden
  if (option.get_positional()) {
    if (node.choices.empty()) node.choices = choices_of(option);
    return;
  }
  CompletedOption completed;
  for (const auto& name : option.get_lnames()) completed.names.push_back("--" + name);
  for (const auto& name : option.get_snames()) completed.names.push_back("-" + name);
  completed.description = shortened(option.get_description());
  completed.takes_value = option.get_items_expected_max() > 0;
  completed.choices = choices_of(option);
  node.options.push_back(std::move(completed));
}

void add_command(const CLI::App& app, const std::string& words, std::vector<CommandNode>& nodes) {
  CommandNode node{words, {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) add_option(*option, node);
  const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : subcommands)
    node.subcommands.push_back({sub->get_name(), shortened(sub->get_description())});
  nodes.push_back(std::move(node));
  for (const CLI::App* sub : subcommands) add_command(*sub, words + " " + sub->get_name(), nodes);
}

}  // namespace

std::string CommandNode::option_names() const {
  std::string names;
  for (const CompletedOption& option : options)
    for (const std::string& name : option.names) append(names, name);
  return names;
}

std::string CommandNode::next_words() const {
  std::string next = choices;
  for (const CompletedSubcommand& subcommand : subcommands) append(next, subcommand.name);
  return next;
}

std::vector<CommandNode> command_tree(const CLI::App& app) {
  std::vector<CommandNode> nodes;
  add_command(app, app.get_name(), nodes);
  return nodes;
}

}  // namespace qamro::cli
