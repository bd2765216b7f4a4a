#include "qamro/evaluation/output/results_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "qamro/evaluation/output/text_table.h"

namespace qamro::evaluation {
namespace {

// Squared errors of a 0 to 100 scale need no thousandths.
int decimals_of(double number) {
  return std::abs(number) >= 10 ? 1 : 3;
}

std::string value_text(const metrics::MetricValue& metric) {
  return metric.value ? fmt::format("{:.{}f}", *metric.value, decimals_of(*metric.value)) : "–";
}

std::string metric_interval_text(const MetricEstimate& estimate, bool is_correlation) {
  const auto& interval = estimate.bootstrap.interval;
  return interval ? interval_text(interval, is_correlation ? 2 : decimals_of(interval->high)) : "";
}

void add_axis(TextTable& table, std::vector<std::string>& notes, const std::string& axis,
              const LevelMetrics& level) {
  std::vector<std::string> values = {axis, fmt::format("{}", level.n)};
  std::vector<std::string> intervals = {"", ""};
  bool any_interval = false;
  for (const metrics::Metric metric : metrics::kMetrics) {
    const MetricEstimate& estimate = level[metric];
    values.push_back(value_text(estimate.metric));
    intervals.push_back(metric_interval_text(estimate, metric != metrics::Metric::mse));
    any_interval |= estimate.bootstrap.interval.has_value();
    const std::string note = fmt::format("– {}: {}", axis, estimate.metric.reason);
    if (!estimate.metric.value && std::find(notes.begin(), notes.end(), note) == notes.end())
      notes.push_back(note);
  }
  table.add_row(values);
  if (any_interval) table.add_row(intervals);
}

std::string level_text(const Evaluation& evaluation, bool system_level) {
  std::vector<TextTable::Column> columns = {{system_level ? "system" : "utterance", Align::kLeft, 9}, {"n"}};
  for (const metrics::Metric metric : metrics::kMetrics) columns.push_back({title_of(metric)});
  TextTable table(columns);
  std::vector<std::string> notes;
  bool empty = true;
  for (const AxisEvaluation& axis : evaluation.axes) {
    const auto& level = system_level ? axis.system : axis.utterance;
    if (!level) continue;
    add_axis(table, notes, axis.axis, *level);
    empty = false;
  }
  if (empty) return "";
  std::string text = table.str();
  for (const std::string& note : notes) text += note + "\n";
  if (evaluation.bootstrap.resamples > 0)
    text += fmt::format("[ ] {} bootstrap interval, {} resamples of {}\n",
                        percent_text(evaluation.bootstrap.confidence), evaluation.bootstrap.resamples,
                        statistics::drawn_units(evaluation.unit, evaluation.raters, system_level));
  return text;
}

std::vector<std::string> ceiling_row(const std::string& what, const statistics::MetricSummaries& summaries) {
  std::vector<std::string> row = {what};
  for (const metrics::Metric metric : metrics::kMetrics) row.push_back(number_text(summaries[metric].mean));
  return row;
}

std::string level_ceilings(const std::vector<statistics::NoiseCeiling>& ceilings, bool system_level) {
  std::vector<TextTable::Column> columns = {
      {system_level ? "ceiling, system" : "ceiling, utterance", Align::kLeft}};
  for (const metrics::Metric metric : metrics::kMetrics) columns.push_back({title_of(metric)});
  TextTable table(columns);
  bool empty = true;
  for (const statistics::NoiseCeiling& ceiling : ceilings) {
    const auto& level = system_level ? ceiling.system : ceiling.utterance;
    if (!level) continue;
    empty = false;
    table.add_row(ceiling_row(ceiling.axis + " ideal predictor", level->ideal));
    std::vector<std::string> panel = {"  another panel"};
    for (const metrics::Metric metric : metrics::kMetrics)
      panel.push_back(number_text(level->split_each_clip.panels[metric]));
    table.add_row(panel);
    table.add_row(ceiling_row("  one rater", level->single_rater));
  }
  return empty ? "" : table.str();
}

std::string estimate_text(const SystemEstimate& estimate) {
  const std::string mean = fmt::format("{:.2f}", estimate.mean);
  return estimate.mean_interval ? mean + " " + interval_text(estimate.mean_interval, 2) : mean;
}

std::string rank_text(const SystemEstimate& estimate) {
  std::string text = fmt::format("{}", estimate.rank);
  if (estimate.rank_interval)
    text += fmt::format(" [{}, {}]", estimate.rank_interval->low, estimate.rank_interval->high);
  return text;
}

// What an ideal predictor, a second panel of raters and one rater would reach, for every axis and level.
std::string ceilings_text(const std::vector<statistics::NoiseCeiling>& ceilings) {
  const std::string utterance = level_ceilings(ceilings, false);
  const std::string system = level_ceilings(ceilings, true);
  std::string text = utterance + (utterance.empty() || system.empty() ? "" : "\n") + system;
  for (const statistics::NoiseCeiling& ceiling : ceilings) {
    if (ceiling.utterance)
      text += fmt::format("{}: {} clips, {:.3g} raters per clip; ICC of one rater {}, of the panel {}\n",
                          ceiling.axis, ceiling.clips, ceiling.raters, number_text(ceiling.icc_single),
                          number_text(ceiling.icc_panel));
    else
      text += fmt::format("{}: no ceiling: fewer than 2 clips have 2 raters or more\n", ceiling.axis);
    if (ceiling.utterance && ceiling.left_out > 0)
      text += fmt::format("{}: {} clips without 2 raters were left out of the ceiling\n", ceiling.axis,
                          ceiling.left_out);
  }
  return text;
}

}  // namespace

std::string render_evaluation(const Evaluation& evaluation) {
  const std::string utterance = level_text(evaluation, false);
  const std::string system = level_text(evaluation, true);
  std::string text = utterance + (utterance.empty() || system.empty() ? "" : "\n") + system;
  for (const AxisEvaluation& axis : evaluation.axes)
    if (axis.scale_mismatch)
      text += fmt::format("Note: {}: {}.\n", axis.axis, describe(*axis.scale_mismatch));
  return text;
}

std::string render_results(const EvaluationResults& results) {
  std::string text;
  const auto add = [&](const std::string& title, const std::string& body) {
    if (!text.empty()) text += "\n";
    if (!title.empty()) text += "== " + title + "\n";
    text += body;
  };
  if (results.seen.seen > 0) {
    const std::string systems = results.seen.describe_systems();
    add("", results.seen.describe("these results") + "\n" + (systems.empty() ? "" : systems + "\n"));
  }
  if (results.evaluation) add("", render_evaluation(*results.evaluation));
  for (const NamedEvaluation& part : results.parts)
    add(fmt::format("{}: {}", results.part_column, part.name), render_evaluation(part.evaluation));
  for (const NamedEvaluation& baseline : results.baselines)
    add("baseline: " + baseline.name, render_evaluation(baseline.evaluation));
  if (!results.ceilings.empty()) add("", ceilings_text(results.ceilings));
  return text;
}

namespace {

// "SRCC 0.93 [0.71, 0.98] over 14 systems"
std::string srcc_words(const LevelMetrics& level, const char* unit) {
  const MetricEstimate& srcc = level[metrics::Metric::srcc];
  if (!srcc.metric.value)
    return fmt::format("SRCC undefined over {} {} ({})", level.n, unit, srcc.metric.reason);
  const auto& interval = srcc.bootstrap.interval;
  return fmt::format("SRCC {:.2f}{} over {} {}", *srcc.metric.value,
                     interval ? " " + interval_text(interval, 2) : "", level.n, unit);
}

// Beside it, what hears no audio and what an ideal predictor reach at the same level.
std::string bounds_words(const EvaluationResults& results, bool system_level) {
  std::string text;
  for (const NamedEvaluation& baseline : results.baselines) {
    const AxisEvaluation& axis = baseline.evaluation.axes.front();
    const auto& level = system_level ? axis.system : axis.utterance;
    if (!level || !(*level)[metrics::Metric::srcc].metric.value) continue;
    text += fmt::format("; {} {:.2f}", baseline.name, *(*level)[metrics::Metric::srcc].metric.value);
  }
  if (!results.ceilings.empty()) {
    const auto& level = system_level ? results.ceilings.front().system : results.ceilings.front().utterance;
    if (level && level->ideal[metrics::Metric::srcc].mean)
      text += fmt::format("; ideal {:.2f}", *level->ideal[metrics::Metric::srcc].mean);
  }
  return text.empty() ? "" : text.substr(2);
}

}  // namespace

VerdictWords agreement_words(const EvaluationResults& results) {
  if (!results.evaluation || results.evaluation->axes.empty()) return {"No predictions were judged", ""};
  const AxisEvaluation& axis = results.evaluation->axes.front();
  std::vector<std::string> levels, bounds;
  const auto add = [&](const std::optional<LevelMetrics>& level, bool is_system, const char* unit) {
    if (!level) return;
    levels.push_back(srcc_words(*level, unit));
    const std::string words = bounds_words(results, is_system);
    if (!words.empty()) bounds.push_back(fmt::format("Over the same {}: {}.", unit, words));
  };
  add(axis.system, true, "systems");
  add(axis.utterance, false, "clips");
  if (levels.empty()) return {"No predictions were judged", ""};
  std::vector<std::string> evidence = bounds;
  if (levels.size() > 1) evidence.insert(evidence.begin(), levels[1] + ".");
  return {fmt::format("Predicted {} against listeners: {}", axis.axis, levels[0]),
          fmt::format("{}", fmt::join(evidence, " "))};
}

std::string render_systems(const AxisSystems& systems, double confidence) {
  constexpr std::size_t kMaxNameWidth = 20;
  TextTable table({{"system", Align::kLeft, kMaxNameWidth},
                   {"clips"},
                   {systems.axis + " label"},
                   {"place"},
                   {"predicted"},
                   {"place"}});
  std::vector<const EstimatedSystem*> order;
  for (const EstimatedSystem& system : systems.systems) order.push_back(&system);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->label.rank < b->label.rank; });
  bool any = false;
  for (const EstimatedSystem* system : order) {
    table.add_row({system->system, fmt::format("{}", system->clips), estimate_text(system->label),
                   rank_text(system->label), estimate_text(system->prediction),
                   rank_text(system->prediction)});
    any |= system->prediction.mean_interval.has_value();
  }
  return table.str() +
         (any ? fmt::format("[ ] {} interval over each system's clips\n", percent_text(confidence)) : "");
}

std::vector<std::string> method_sentences(const EvaluationOptions& options) {
  std::vector<std::string> sentences = {
      "Labels and predictions are joined clip by clip. At the clip level, each point is a clip; at the system level, each point is a system's mean prediction against its true mean."};
  sentences.emplace_back(options.system_truth
                             ? "A system's true mean is taken from a given table."
                             : "A system's true mean is the mean label of its evaluated clips.");
  sentences.emplace_back(
      "SRCC is Spearman's rank correlation with average ranks, KTAU is Kendall's tau-b, and LCC is Pearson's correlation. An undefined metric is reported as undefined, with the reason, and never replaced by a number.");
  if (options.bootstrap.resamples > 0)
    sentences.push_back(fmt::format(
        "The intervals have {:g} % confidence and come from {} bootstrap resamples with seed {}; the interval of a system's mean is over its clips.",
        100 * options.bootstrap.confidence, options.bootstrap.resamples, options.bootstrap.seed));
  sentences.emplace_back(
      "Every two systems are compared by a permutation test, or by Student's t if there are too many pairs for one; the p-values are corrected for the number of pairs (Holm). Systems with the same items are compared item by item.");
  return sentences;
}

}  // namespace qamro::evaluation
