#include "cli/rating_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <utility>

#include "cli/input_options.h"
#include "qamro/core/error.h"
#include "qamro/data/column_names.h"
#include "qamro/data/ratings.h"

namespace qamro::cli {
namespace {

constexpr std::string_view kSplit = "split=";

std::vector<std::filesystem::path> paths(const std::vector<std::string>& files) {
  return {files.begin(), files.end()};
}

data::Unmatched policy(const std::string& word) {
  return word == "drop" ? data::Unmatched::kDrop : data::Unmatched::kRefuse;
}

void warn(const std::string& command, const char* what, const std::vector<std::string>& rows) {
  if (rows.empty()) return;
  std::cerr << fmt::format("qamro {}: {} {} and were left out: {}\n", command, rows.size(), what,
                           first_names(rows));
}

}  // namespace

void add_rating_inputs(CLI::App& command, RatingInputs& inputs) {
  command
      .add_option(
          "--labels", inputs.labels,
          "human ratings: csv, tsv, jsonl, a published list, or the MusicEval package's folder; may be repeated (a clip in two files must have the same ratings)")
      ->required()
      ->allow_extra_args(false);  // one at a time, because the next word may be an input
  command
      .add_option(
          "--where", inputs.where,
          "COLUMN=VALUE: only labels with this value, e.g. split=test or domain=speech; may be repeated")
      ->allow_extra_args(false);
  command
      .add_option(
          "--axis", inputs.axes,
          "axis to evaluate, or LABEL=PREDICTION if the files name it differently; may be repeated (default: all axes that both files have)")
      ->allow_extra_args(false);
  add_column_options(command, inputs.key, inputs.system_column);
  command.add_option(
      "--system", inputs.system_rule,
      "system of a clip if neither file names it: 'folder' (name of its folder), 'prefix' (file name up to the first _), or a regular expression on the path (its first group, or the whole match)");
  const auto add_policy = [&](const char* name, std::string& word, const char* what) {
    command.add_option(name, word, fmt::format("{}: 'error' or 'drop' (qamro lists them)", what))
        ->check(CLI::IsMember({"error", "drop"}))
        ->capture_default_str();
  };
  add_policy("--missing-predictions", inputs.missing_predictions, "labels without a prediction");
  add_policy("--missing-labels", inputs.missing_labels, "predictions without a label");
  add_policy("--nan-predictions", inputs.nan_predictions,
             "labelled clips whose prediction is no number (NaN, empty)");
}

bool names_split(const RatingInputs& inputs) {
  return std::any_of(inputs.where.begin(), inputs.where.end(),
                     [](const std::string& condition) { return condition.starts_with(kSplit); });
}

data::RatingOptions rating_options(const RatingInputs& inputs, data::RatingRole role) {
  data::RatingOptions options{
      .key = inputs.key, .system = inputs.system_column, .columns_may_lack = true, .role = role};
  const bool is_label = role == data::RatingRole::kLabels;
  for (const std::string& axis : inputs.axes) {
    const std::size_t equals = axis.find('=');
    options.more_axes.push_back(is_label || equals == std::string::npos ? axis.substr(0, equals)
                                                                        : axis.substr(equals + 1));
  }
  return options;
}

data::RatingTable read_labels(const RatingInputs& inputs, bool training) {
  data::RatingTable table =
      data::read_ratings(paths(inputs.labels), rating_options(inputs, data::RatingRole::kLabels));
  for (const std::string& text : inputs.where) {
    auto condition = data::parse_condition(text);
    if (!condition) throw InvalidInput(fmt::format("--where: expected COLUMN=VALUE, got '{}'", text));
    if (training && text.starts_with(kSplit)) condition->value = "train";
    table = data::rows_where(std::move(table), *condition);
  }
  return table;
}

data::RatingTable read_predictions(const RatingInputs& inputs, const std::vector<std::string>& files) {
  return data::read_ratings(paths(files), rating_options(inputs, data::RatingRole::kPredictions));
}

void check_columns(const RatingInputs& inputs, const std::vector<const data::RatingTable*>& tables) {
  for (const auto& [option, column] :
       {std::pair("--key", &inputs.key), {"--system-column", &inputs.system_column}}) {
    const auto has_column = [&](const data::RatingTable* table) {
      return std::ranges::any_of(table->text_columns,
                                 [&](const std::string& name) { return data::is_same_name(name, *column); });
    };
    if (!column->empty() && std::ranges::none_of(tables, has_column))
      throw InvalidInput(fmt::format("{}: expected a column '{}', got '{}'", option, *column,
                                     fmt::join(tables.front()->text_columns, "', '")));
  }
}

evaluation::JoinOptions join_options(const RatingInputs& inputs) {
  evaluation::JoinOptions join;
  join.axes = inputs.axes;
  if (!inputs.system_rule.empty()) join.system_rule = data::SystemRule(inputs.system_rule);
  join.policy = {policy(inputs.missing_predictions), policy(inputs.missing_labels)};
  join.not_a_number = policy(inputs.nan_predictions);
  return join;
}

void warn_left_out(const std::string& command, const evaluation::JoinedTables& tables) {
  for (const std::string& note : tables.notes) std::cerr << fmt::format("qamro {}: {}\n", command, note);
  warn(command, "labels have no prediction", tables.missing);
  warn(command, "predictions have no label", tables.extra);
  warn(command, "labelled clips have no numeric prediction", tables.nan);
}

}  // namespace qamro::cli
