#include "qamro/evaluation/joined_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/data/column_names.h"
#include "qamro/data/ratings.h"
#include "qamro/data/training_clips.h"

namespace qamro::evaluation {
namespace {

constexpr const char* kNoPart = "(none)";

struct AxisColumns {
  std::string name;
  std::size_t label;
  std::size_t prediction;
};

std::vector<AxisColumns> common_axes(const data::RatingTable& labels, const data::RatingTable& predictions) {
  for (const data::RatingTable* table : {&labels, &predictions})
    if (table->axes.empty())
      throw InvalidInput(fmt::format("{}: expected numbers, got only \"error\" rows", table->file));
  std::vector<AxisColumns> axes;
  for (std::size_t label = 0; label < labels.axes.size(); ++label) {
    const std::string& name = labels.axes[label];
    const auto prediction = predictions.find_axis(name);
    // If one file has both "mos" and "score", only one of them is the other file's axis.
    if (!prediction || labels.find_axis(predictions.axes[*prediction]) != label) continue;
    const bool same = predictions.axes[*prediction] == name;
    axes.push_back({same ? name : std::string(data::short_axis_name(name)), label, *prediction});
  }
  if (axes.empty())
    throw InvalidInput(
        fmt::format("{} and {}: expected a common axis, got '{}' and '{}' (name a pair as '{}={}')",
                    labels.file, predictions.file, fmt::join(labels.axes, "', '"),
                    fmt::join(predictions.axes, "', '"), labels.axes.front(), predictions.axes.front()));
  return axes;
}

std::vector<AxisColumns> axis_columns(const data::RatingTable& labels, const data::RatingTable& predictions,
                                      const std::vector<std::string>& wanted) {
  if (wanted.empty()) return common_axes(labels, predictions);
  std::vector<AxisColumns> axes;
  for (const std::string& pair : wanted) {
    const std::size_t equals = pair.find('=');
    const std::string label = pair.substr(0, equals);
    const std::string prediction = equals == std::string::npos ? label : pair.substr(equals + 1);
    axes.push_back({label, labels.require_axis(label), predictions.require_axis(prediction)});
  }
  return axes;
}

std::vector<AxisColumns> axes_of_labels(const data::RatingTable& labels,
                                        const std::vector<std::string>& wanted) {
  std::vector<AxisColumns> axes;
  for (const std::string& pair : wanted) {
    const std::string name = pair.substr(0, pair.find('='));
    axes.push_back({name, labels.require_axis(name), 0});
  }
  if (wanted.empty())
    for (std::size_t axis = 0; axis < labels.axes.size(); ++axis)
      axes.push_back({std::string(data::short_axis_name(labels.axes[axis])), axis, 0});
  return axes;
}

// Columns that are an axis of one file and have numbers in the other, but are not among its axes. Throws
// InvalidInput if that is because of their cells; says it if it is because of their names.
std::vector<std::string> check_left_out(const data::RatingTable& labels,
                                        const data::RatingTable& predictions) {
  std::vector<std::string> names;
  const auto is_there = [](const data::RatingTable& table, const std::string& name) {
    return table.find_axis(name).has_value() ||
           std::ranges::any_of(table.left_out, [&](const auto& column) { return column.name == name; });
  };
  for (const auto& [table, other] : {std::pair(&labels, &predictions), std::pair(&predictions, &labels)})
    for (const data::LeftOutColumn& column : table->left_out) {
      if (!is_there(*other, column.name)) continue;
      if (!column.bad_cell.empty()) throw InvalidInput(column.bad_cell);
      if (std::ranges::find(names, column.name) == names.end()) names.push_back(column.name);
    }
  if (names.empty()) return {};
  return {fmt::format(
      "not evaluated, because a column of that name is no rating: '{}' (--axis '{}' evaluates it)",
      fmt::join(names, "', '"), names.front())};
}

// Builds JoinedTables row by row.
class Joiner {
 public:
  Joiner(const data::RatingTable& labels, std::vector<AxisColumns> axes, const JoinOptions& options)
      : labels_(labels), axes_(std::move(axes)), options_(options) {
    if (!options.group_column.empty()) groups_ = labels.text(options.group_column);
    if (!options.part_column.empty()) parts_ = labels.text(options.part_column);
    JoinedScores& scores = tables_.scores;
    scores.labels.resize(axes_.size());
    scores.predictions.resize(axes_.size());
    scores.raters.resize(axes_.size());
    for (const AxisColumns& axis : axes_) scores.axes.push_back(axis.name);
  }

  // prediction: null if there are labels only.
  void add(std::size_t label_row, const data::RatingTable* predictions, const data::RatingRow* prediction) {
    const data::RatingRow& label = labels_.rows[label_row];
    JoinedScores& scores = tables_.scores;
    bool is_nan = false;
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      scores.labels[a].push_back(label.values[axes_[a].label]);
      scores.raters[a].push_back(label.raters[axes_[a].label]);
      scores.predictions[a].push_back(prediction != nullptr ? prediction->values[axes_[a].prediction]
                                                            : std::numeric_limits<double>::quiet_NaN());
      is_nan |= std::isnan(scores.predictions[a].back()) && !std::isnan(scores.labels[a].back());
    }
    if (prediction != nullptr && is_nan && prediction->error.empty())
      tables_.nan.push_back(fmt::format("{} '{}'", predictions->where(*prediction), prediction->key));
    scores.in_training.push_back(prediction != nullptr && data::is_in_training(*predictions, *prediction));
    tables_.failed += prediction != nullptr && !prediction->error.empty() ? 1 : 0;
    scores.systems.push_back(system_of(label, prediction));
    if (scores.systems.back().empty()) tables_.no_system.push_back(labels_.where(label));
    scores.keys.push_back(label.key);
    if (!groups_.empty()) scores.groups.push_back(groups_[label_row]);
    if (!parts_.empty()) scores.parts.push_back(parts_[label_row].empty() ? kNoPart : parts_[label_row]);
  }

  JoinedTables take() {
    JoinedScores& scores = tables_.scores;
    if (tables_.no_system.size() == scores.systems.size()) {
      scores.systems.clear();
      tables_.no_system.clear();
    }
    const bool any_rater = std::any_of(scores.raters.begin(), scores.raters.end(), [](const auto& axis) {
      return std::any_of(axis.begin(), axis.end(), [](const auto& clip) { return clip.size() > 1; });
    });
    if (!any_rater) scores.raters.clear();
    return std::move(tables_);
  }

 private:
  std::string system_of(const data::RatingRow& label, const data::RatingRow* prediction) const {
    if (!label.system.empty()) return label.system;
    if (prediction != nullptr && !prediction->system.empty()) return prediction->system;
    return options_.system_rule ? options_.system_rule->find(label.key).value_or("") : "";
  }

  const data::RatingTable& labels_;
  std::vector<AxisColumns> axes_;
  const JoinOptions& options_;
  JoinedTables tables_;
  std::vector<std::string> groups_;
  std::vector<std::string> parts_;
};

std::vector<std::string> places(const data::RatingTable& table, const std::vector<std::size_t>& rows) {
  std::vector<std::string> result;
  result.reserve(rows.size());
  for (const std::size_t row : rows)
    result.push_back(fmt::format("{} '{}'", table.where(table.rows[row]), table.rows[row].key));
  return result;
}

void check_numbers(const JoinedTables& tables, const data::RatingTable& predictions,
                   const JoinOptions& options) {
  if (tables.nan.empty() || options.not_a_number == data::Unmatched::kDrop) return;
  throw InvalidInput(fmt::format("{}: {} labelled clips have no numeric prediction: {}", predictions.file,
                                 tables.nan.size(), first_names(tables.nan)));
}

}  // namespace

JoinedTables join_tables(const data::RatingTable& labels, const data::RatingTable& predictions,
                         const JoinOptions& options) {
  Joiner joiner(labels, axis_columns(labels, predictions, options.axes), options);
  const data::RatingJoin join = data::join_ratings(labels, predictions, options.policy);
  for (const auto& [label, prediction] : join.rows)
    joiner.add(label, &predictions, &predictions.rows[prediction]);
  JoinedTables tables = joiner.take();
  if (options.axes.empty()) tables.notes = check_left_out(labels, predictions);
  if (!join.by_name.empty()) tables.notes.push_back(join.by_name);
  tables.missing = places(labels, join.missing);
  tables.extra = places(predictions, join.extra);
  check_numbers(tables, predictions, options);
  return tables;
}

JoinedTables labels_alone(const data::RatingTable& labels, const JoinOptions& options) {
  Joiner joiner(labels, axes_of_labels(labels, options.axes), options);
  for (std::size_t row = 0; row < labels.rows.size(); ++row) joiner.add(row, nullptr, nullptr);
  return joiner.take();
}

SystemTruth read_system_truth(const std::filesystem::path& path, const std::vector<std::string>& axes,
                              const std::string& system_column) {
  data::RatingOptions options{
      .axes = axes, .system = system_column, .rows_are_systems = true, .columns_may_lack = true};
  options.list_columns = {"system"};
  options.list_columns.insert(options.list_columns.end(), axes.begin(), axes.end());
  options.texts = data::TextColumns::kOfFile;
  const data::RatingTable table = data::read_ratings(path, options);
  SystemTruth truth;
  truth.values.resize(axes.size());
  for (const data::RatingRow& row : table.rows) {
    truth.systems.push_back(row.key);
    for (std::size_t axis = 0; axis < axes.size(); ++axis) truth.values[axis].push_back(row.values[axis]);
  }
  return truth;
}

}  // namespace qamro::evaluation
