#include "qamro/evaluation/text_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "qamro/evaluation/text_report.h"
#include "qamro/evaluation/text_table.h"

namespace qamro::evaluation {
namespace {

std::vector<std::string> ceiling_row(const std::string& what, const FourSummaries& summaries) {
  std::vector<std::string> row = {what};
  for (const RoundsSummary& summary : summaries) row.push_back(number_text(summary.mean));
  return row;
}

std::string level_ceilings(const std::vector<NoiseCeiling>& ceilings, bool system_level) {
  TextTable table({{system_level ? "ceiling, system" : "ceiling, utterance", Align::kLeft},
                   {"MSE"},
                   {"LCC"},
                   {"SRCC"},
                   {"KTAU"}});
  bool empty = true;
  for (const NoiseCeiling& ceiling : ceilings) {
    const auto& level = system_level ? ceiling.system : ceiling.utterance;
    if (!level) continue;
    empty = false;
    table.add_row(ceiling_row(ceiling.axis + " ideal predictor", level->ideal));
    std::vector<std::string> panel = {"  another panel"};
    for (const auto& number : level->split_each_clip.panels) panel.push_back(number_text(number));
    table.add_row(panel);
    table.add_row(ceiling_row("  one rater", level->single_rater));
  }
  return empty ? "" : table.str();
}

std::string estimate_text(const SystemEstimate& estimate) {
  std::string text = fmt::format("{:.2f}", estimate.mean);
  if (estimate.mean_interval)
    text += fmt::format(" [{:.2f}, {:.2f}]", estimate.mean_interval->low, estimate.mean_interval->high);
  return text;
}

std::string rank_text(const SystemEstimate& estimate) {
  std::string text = fmt::format("{}", estimate.rank);
  if (estimate.rank_interval)
    text += fmt::format(" [{}, {}]", estimate.rank_interval->low, estimate.rank_interval->high);
  return text;
}

}  // namespace

std::string render_ceilings(const std::vector<NoiseCeiling>& ceilings) {
  const std::string utterance = level_ceilings(ceilings, false);
  const std::string system = level_ceilings(ceilings, true);
  std::string text = utterance + (utterance.empty() || system.empty() ? "" : "\n") + system;
  for (const NoiseCeiling& ceiling : ceilings) {
    if (ceiling.utterance)
      text += fmt::format("{}: {} clips, {:.3g} raters a clip; ICC of one rater {}, of the panel {}\n",
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

std::string render_results(const EvaluationResults& results) {
  std::string text;
  const auto add = [&](const std::string& title, const std::string& body) {
    if (!text.empty()) text += "\n";
    if (!title.empty()) text += "== " + title + "\n";
    text += body;
  };
  if (results.evaluation) add("", render_evaluation(*results.evaluation));
  for (const NamedEvaluation& part : results.parts)
    add(fmt::format("{}: {}", results.part_column, part.name), render_evaluation(part.evaluation));
  for (const NamedEvaluation& baseline : results.baselines)
    add("baseline: " + baseline.name, render_evaluation(baseline.evaluation));
  if (!results.ceilings.empty()) add("", render_ceilings(results.ceilings));
  return text;
}

std::string render_systems(const AxisSystems& systems, double confidence) {
  constexpr std::size_t kMostOfName = 20;
  TextTable table({{"system", Align::kLeft, kMostOfName},
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
         (any ? fmt::format("[ ] {:g} % bootstrap interval over each system's clips\n", 100 * confidence)
              : "");
}

}  // namespace qamro::evaluation
