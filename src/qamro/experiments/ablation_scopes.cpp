#include "qamro/experiments/ablation_scopes.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/statistics/paired_permutation.h"
#include "qamro/statistics/significance.h"
#include "qamro/training/fold.h"

namespace qamro::experiments {
namespace {

using Clips = std::vector<std::int64_t>;

std::vector<double> column(const at::Tensor& table, std::int64_t axis, const Clips& clips) {
  const at::Tensor values = table.select(1, axis).index_select(0, at::tensor(clips, at::kLong)).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

bool have_systems(const training::Dataset& dataset, const Clips& clips) {
  return !clips.empty() && std::ranges::none_of(clips, [&](std::int64_t clip) {
    return dataset.systems[static_cast<std::size_t>(clip)].empty();
  });
}

bool is_empty(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isnan(value); });
}

// The clips to compare: they have a label, and a score from every model that has any scores.
Clips clips_compared(const training::Dataset& dataset, const std::vector<AblationScores>& scores,
                     std::int64_t axis, const Clips& clips) {
  std::vector<std::vector<double>> columns = {column(dataset.labels, axis, clips)};
  for (const AblationScores& model : scores) {
    std::vector<double> values = column(model.scores, axis, clips);
    if (!is_empty(values)) columns.push_back(std::move(values));
  }
  Clips compared;
  for (std::size_t i = 0; i < clips.size(); ++i)
    if (std::ranges::none_of(columns, [i](const auto& values) { return std::isnan(values[i]); }))
      compared.push_back(clips[i]);
  return compared;
}

std::vector<std::string> choose(const std::vector<std::string>& values, const Clips& clips) {
  std::vector<std::string> chosen;
  for (const std::int64_t clip : clips) chosen.push_back(values[static_cast<std::size_t>(clip)]);
  return chosen;
}

void add_tests(std::vector<AblationRow>& rows, std::int64_t permutations) {
  std::vector<evaluation::ComparedModel> models;
  models.reserve(rows.size());
  for (const AblationRow& row : rows) models.push_back(row.model);
  const auto utterance = corrected_tests(models, &evaluation::ComparedModel::utterance, permutations);
  const auto system = corrected_tests(models, &evaluation::ComparedModel::system, permutations);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].utterance_test = utterance[i];
    rows[i].system_test = system[i];
  }
}

// A model without an order keeps its MSE.
void drop_correlations(evaluation::ComparedModel& model) {
  for (auto* level : {&model.utterance, &model.system}) {
    if (!*level) continue;
    for (const metrics::Metric metric : metrics::kMetrics) {
      if (metric == metrics::Metric::mse) continue;
      (*level)->metrics[metric] = {};
      (*level)->metrics[metric].metric.reason = "one number per fold has no order";
    }
  }
}

// All rows are compared at once, so that they share clips and resamples.
AblationScope compare(const training::Recipe& recipe, const training::Dataset& dataset,
                      const std::vector<AblationScores>& scores, std::int64_t axis, std::string title,
                      const Clips& candidates) {
  const Clips clips = clips_compared(dataset, scores, axis, candidates);
  evaluation::ComparisonData data;
  data.label = column(dataset.labels, axis, clips);
  std::vector<const AblationScores*> rows;
  for (const AblationScores& model : scores) {
    std::vector<double> predictions = column(model.scores, axis, clips);
    if (is_empty(predictions)) continue;  // a baseline of another axis
    data.models.push_back(model.name);
    data.predictions.push_back(std::move(predictions));
    rows.push_back(&model);
  }
  if (have_systems(dataset, clips)) data.systems = choose(dataset.systems, clips);
  data.groups = choose(dataset.groups, clips);
  statistics::BootstrapOptions bootstrap;
  bootstrap.resamples = recipe.ablate.bootstrap_resamples;
  auto models = evaluation::compare_models(data, 0, bootstrap, recipe.ablate.permutations);
  AblationScope scope{recipe.data.axes[static_cast<std::size_t>(axis)], std::move(title), {}, {}};
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (!rows[i]->has_order) drop_correlations(models[i]);
    const auto factor = rows[i]->preference_factor;
    (factor ? scope.factors : scope.table).push_back({std::move(models[i]), factor, {}, {}, rows[i]->ends});
  }
  std::sort(scope.factors.begin(), scope.factors.end(), [](const AblationRow& a, const AblationRow& b) {
    return *a.preference_factor < *b.preference_factor;
  });
  add_tests(scope.table, recipe.ablate.permutations);
  add_tests(scope.factors, recipe.ablate.permutations);
  return scope;
}

Clips clips_without(const training::Dataset& dataset, const std::vector<std::string>& excluded) {
  Clips clips;
  for (std::int64_t clip = 0; clip < dataset.size(); ++clip)
    if (std::find(excluded.begin(), excluded.end(), dataset.systems[static_cast<std::size_t>(clip)]) ==
        excluded.end())
      clips.push_back(clip);
  return clips;
}

}  // namespace

std::vector<std::optional<RowTest>> corrected_tests(std::span<const evaluation::ComparedModel> models,
                                                    Level level, std::int64_t permutations) {
  std::vector<std::optional<double>> p;
  for (const evaluation::ComparedModel& model : models)
    p.push_back(model.*level ? (model.*level)->metrics[kComparedMetric].difference_p : std::nullopt);
  const auto tests =
      static_cast<double>(std::ranges::count_if(p, [](const auto& one) { return one.has_value(); }));
  p = statistics::holm_adjusted(p);
  std::vector<std::optional<RowTest>> result(p.size());
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i])
      result[i] = RowTest{*p[i], std::min(1.0, tests * statistics::smallest_p_value((models[i].*level)->units,
                                                                                    permutations))};
  return result;
}

std::string add_lookup(const std::string& name, const training::Dataset& dataset,
                       const std::vector<training::Fold>& folds, std::vector<AblationScores>& scores) {
  if (std::ranges::all_of(dataset.systems, [](const std::string& system) { return system.empty(); }))
    return "";
  const at::Tensor lookup = training::lookup_baseline(dataset, folds);
  const at::Tensor constant = training::constant_baseline(dataset, folds);
  if (at::allclose(lookup, constant, 0.0, 1e-9, /*equal_nan=*/true))
    return "there is no row for the look-up table of system means: the system of no tested clip is among its fold's training clips, so the table would give every clip their mean, as the constant does";
  scores.push_back({name, {}, lookup, {}});
  return "";
}

std::string add_baselines(const training::Recipe& recipe, const training::Dataset& dataset,
                          const std::vector<training::Fold>& folds, std::vector<AblationScores>& scores) {
  for (std::size_t i = 0; i < recipe.ablate.baseline_columns.size(); ++i) {
    at::Tensor table = at::full_like(dataset.labels, std::numeric_limits<double>::quiet_NaN());
    table.select(1, 0).copy_(dataset.baselines.select(1, static_cast<std::int64_t>(i)));
    scores.push_back({recipe.ablate.baseline_columns[i] + " as it is", {}, table, {}});
  }
  return add_lookup("look-up: mean of the system, no audio", dataset, folds, scores);
}

void check_excluded_systems(const training::Recipe& recipe, const training::Dataset& dataset) {
  for (const std::string& system : recipe.ablate.exclude_systems)
    if (std::find(dataset.systems.begin(), dataset.systems.end(), system) == dataset.systems.end())
      throw InvalidInput(fmt::format("ablate.exclude_systems: no clip has the system '{}'", system));
}

std::vector<AblationScope> compare_scores(const training::Recipe& recipe, const training::Dataset& dataset,
                                          const std::vector<AblationScores>& scores) {
  std::vector<AblationScope> scopes;
  const auto& excluded = recipe.ablate.exclude_systems;
  for (std::int64_t axis = 0; axis < dataset.labels.size(1); ++axis) {
    scopes.push_back(compare(recipe, dataset, scores, axis, kAllClips, clips_without(dataset, {})));
    if (!excluded.empty())
      scopes.push_back(compare(recipe, dataset, scores, axis,
                               fmt::format("without {}", fmt::join(excluded, ", ")),
                               clips_without(dataset, excluded)));
  }
  return scopes;
}

}  // namespace qamro::experiments
