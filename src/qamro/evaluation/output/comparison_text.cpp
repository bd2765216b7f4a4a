#include "qamro/evaluation/output/comparison_text.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "qamro/evaluation/output/ranking_text.h"
#include "qamro/evaluation/output/text_table.h"

namespace qamro::evaluation {
namespace {

constexpr std::size_t kFewSystems = 6;

std::string signed_text(const std::optional<double>& number) {
  return number ? fmt::format("{:+.3f}", *number) : "–";
}

std::string signed_interval_text(const std::optional<statistics::Interval>& interval) {
  return interval ? fmt::format("[{:+.3f}, {:+.3f}]", interval->low, interval->high) : "";
}

std::string p_text(const std::optional<double>& p) {
  if (!p) return "–";
  return *p < 0.001 ? "<.001" : fmt::format("{:.3f}", *p);
}

void add_level(TextTable& table, const std::string& name, const PredictorLevel& level) {
  for (const metrics::Metric m : metrics::kMetrics) {
    const ComparedPredictors& metric = level.metrics[m];
    table.add_row({m == metrics::kMetrics.front() ? fmt::format("{} ({})", name, level.n) : "", title_of(m),
                   number_text(metric.first.value), number_text(metric.second.value),
                   signed_text(metric.difference), signed_interval_text(metric.interval),
                   p_text(metric.p_bootstrap), p_text(metric.p_permutation)});
  }
}

}  // namespace

std::string render_predictors(const std::vector<PredictorComparison>& comparison, double confidence) {
  TextTable table({{"level (n)", Align::kLeft, 20},
                   {"", Align::kLeft},
                   {"A"},
                   {"B"},
                   {"A - B"},
                   {percent_text(confidence)},
                   {"p boot"},
                   {"p perm"}});
  for (const PredictorComparison& axis : comparison) {
    if (axis.utterance) add_level(table, axis.axis + " utterance", *axis.utterance);
    if (axis.system) add_level(table, axis.axis + " system", *axis.system);
  }
  return table.str();
}

std::string render_predictor_results(const PredictorResults& results) {
  std::string text;
  for (const PredictorVerdict& verdict : results.verdicts) {
    text += verdict.utterance + (verdict.more_data.empty() ? "" : "; ") + verdict.more_data + "\n";
    if (!verdict.system.empty()) text += verdict.system + "\n";
  }
  const statistics::BootstrapOptions& bootstrap = results.how.bootstrap;
  return text + fmt::format("\nA: {}\nB: {}\n", results.names.first, results.names.second) +
         render_predictors(results.comparison, bootstrap.confidence) +
         fmt::format("[ ] {} paired resamples of {}; p perm: {} paired permutations\n", bootstrap.resamples,
                     statistics::drawn_units(results.how.unit, results.how.raters, false),
                     results.permutations);
}

std::string render_pairs(const SystemComparison& comparison, double confidence) {
  TextTable table({{"better", Align::kLeft, 18},
                   {"worse", Align::kLeft, 18},
                   {"difference"},
                   {percent_text(confidence)},
                   {"p"},
                   {"p Holm"}});
  bool any_unpaired = false;
  for (const SystemPair& pair : comparison.pairs) {
    if (comparison.systems.size() > kFewSystems && pair.worse != pair.better + 1) continue;
    any_unpaired |= !pair.test.is_paired;
    table.add_row({comparison.systems[pair.better].system, comparison.systems[pair.worse].system,
                   signed_text(pair.test.difference) + (pair.test.is_paired ? "" : "*"),
                   signed_interval_text(pair.test.interval), p_text(pair.p), p_text(pair.p_holm)});
  }
  std::string text = table.str();
  text += fmt::format("p: {} test of {} pairs, Holm-corrected\n", comparison.test, comparison.pairs.size());
  if (any_unpaired) text += "* not the same items: compared as independent clips\n";
  return text;
}

std::string render_verdict(const SystemVerdict& verdict, const std::string& axis, double confidence) {
  return verdict.text + "\n\n" + render_system_ranking(verdict.comparison.systems, axis, confidence) + "\n" +
         render_pairs(verdict.comparison, confidence) + "\n";
}

}  // namespace qamro::evaluation
