#include "qamro/evaluation/joined_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "qamro/core/error.h"

namespace qamro::evaluation {
namespace {

struct AxisColumns {
  std::string name;
  std::size_t label;
  std::size_t prediction;
};

std::vector<AxisColumns> common_axes(const data::RatingTable& labels, const data::RatingTable& predictions) {
  std::vector<AxisColumns> axes;
  for (std::size_t label = 0; label < labels.axes.size(); ++label)
    if (const auto prediction = predictions.find_axis(labels.axes[label]))
      axes.push_back({labels.axes[label], label, *prediction});
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

std::string system_of(const data::RatingRow& label, const data::RatingRow& prediction,
                      const JoinOptions& options) {
  if (!label.system.empty()) return label.system;
  if (!prediction.system.empty()) return prediction.system;
  return options.system_rule ? options.system_rule->find(label.key).value_or("") : "";
}

}  // namespace

JoinedTables join_tables(const data::RatingTable& labels, const data::RatingTable& predictions,
                         const JoinOptions& options) {
  const std::vector<AxisColumns> axes = axis_columns(labels, predictions, options.axes);
  const data::RatingJoin join = data::join_ratings(labels, predictions);
  const auto groups =
      options.group_column.empty() ? std::vector<std::string>{} : labels.text(options.group_column);
  JoinedTables tables;
  tables.extra = join.extra;
  JoinedScores& scores = tables.scores;
  scores.labels.resize(axes.size());
  scores.predictions.resize(axes.size());
  for (const AxisColumns& axis : axes) scores.axes.push_back(axis.name);
  for (const auto& [label_row, prediction_row] : join.rows) {
    const data::RatingRow& label = labels.rows[label_row];
    const data::RatingRow& prediction = predictions.rows[prediction_row];
    for (std::size_t a = 0; a < axes.size(); ++a) {
      scores.labels[a].push_back(label.values[axes[a].label]);
      scores.predictions[a].push_back(prediction.values[axes[a].prediction]);
    }
    scores.systems.push_back(system_of(label, prediction, options));
    if (scores.systems.back().empty()) tables.no_system.push_back(labels.where(label));
    if (!groups.empty()) scores.groups.push_back(groups[label_row]);
    tables.failed += prediction.error.empty() ? 0 : 1;
  }
  if (tables.no_system.size() == scores.systems.size()) {
    scores.systems.clear();
    tables.no_system.clear();
  }
  return tables;
}

}  // namespace qamro::evaluation
