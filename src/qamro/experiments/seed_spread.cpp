#include "qamro/experiments/seed_spread.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "qamro/evaluation/output/text_table.h"
#include "qamro/experiments/ablation_tables.h"
#include "qamro/metrics/metric.h"
#include "qamro/metrics/system_means.h"

namespace qamro::experiments {
namespace {

using Json = nlohmann::ordered_json;

struct Scored {
  std::vector<double> label, prediction;
  std::vector<std::string> systems;
};

// scores, labels: [n].
Scored scored_clips(const training::Dataset& dataset, const at::Tensor& scores, const at::Tensor& labels) {
  const auto prediction = scores.accessor<double, 1>();
  const auto label = labels.accessor<double, 1>();
  Scored scored;
  for (std::int64_t clip = 0; clip < scores.size(0); ++clip) {
    if (std::isnan(prediction[clip]) || std::isnan(label[clip])) continue;
    scored.prediction.push_back(prediction[clip]);
    scored.label.push_back(label[clip]);
    scored.systems.push_back(dataset.systems[static_cast<std::size_t>(clip)]);
  }
  return scored;
}

void add_seed(const Scored& scored, SeedSpread& spread) {
  spread.utterance.push_back(metrics::all_metrics(scored.prediction, scored.label)[kComparedMetric].value);
  if (scored.systems.empty() || std::ranges::find(scored.systems, "") != scored.systems.end()) return;
  const auto prediction = metrics::system_means(scored.systems, scored.prediction).means;
  const auto label = metrics::system_means(scored.systems, scored.label).means;
  spread.system.push_back(metrics::all_metrics(prediction, label)[kComparedMetric].value);
}

Json list_json(const std::vector<std::optional<double>>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(value ? Json(*value) : Json(nullptr));
  return list;
}

std::string range(const std::vector<std::optional<double>>& values) {
  std::vector<double> numbers;
  for (const auto& value : values)
    if (value) numbers.push_back(*value);
  if (numbers.empty()) return "–";
  const auto [low, high] = std::ranges::minmax(numbers);
  return fmt::format("{} to {}", short_number(low, 3), short_number(high, 3));
}

}  // namespace

std::vector<SeedSpread> seed_spread(const training::Recipe& recipe, const training::Dataset& dataset,
                                    const std::vector<AblationScores>& scores) {
  std::vector<SeedSpread> spreads;
  for (std::int64_t axis = 0; axis < dataset.labels.size(1); ++axis) {
    const at::Tensor labels = dataset.labels.select(1, axis).contiguous();
    for (const AblationScores& model : scores) {
      if (!model.per_seed.defined()) continue;
      SeedSpread spread{recipe.data.axes[static_cast<std::size_t>(axis)], model.name, {}, {}};
      for (std::int64_t seed = 0; seed < model.per_seed.size(0); ++seed)
        add_seed(scored_clips(dataset, model.per_seed[seed].select(1, axis).contiguous(), labels), spread);
      spreads.push_back(std::move(spread));
    }
  }
  return spreads;
}

std::string render_seeds(std::span<const SeedSpread> spreads) {
  if (spreads.empty() || spreads.front().utterance.size() < 2) return "";
  using evaluation::Align;
  evaluation::TextTable table(
      {{fmt::format("single seeds ({})", spreads.front().utterance.size()), Align::kLeft, 60},
       {"axis", Align::kLeft, 12},
       {"utterance SRCC", Align::kLeft, 20},
       {"system SRCC", Align::kLeft, 20}});
  for (const SeedSpread& spread : spreads)
    table.add_row({spread.model, spread.axis, range(spread.utterance), range(spread.system)});
  return table.str() + "\n";
}

Json seeds_json(std::span<const SeedSpread> spreads) {
  Json list = Json::array();
  for (const SeedSpread& spread : spreads) {
    Json entry = {{"axis", spread.axis}, {"model", spread.model}};
    entry["utterance_srcc"] = list_json(spread.utterance);
    if (!spread.system.empty()) entry["system_srcc"] = list_json(spread.system);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace qamro::experiments
