#include "qamro/experiments/experiment_rows.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "qamro/evaluation/output/text_table.h"
#include "qamro/experiments/ablation_run.h"
#include "qamro/experiments/ablation_tables.h"
#include "qamro/experiments/paper_layout.h"
#include "qamro/experiments/row_notes.h"
#include "qamro/metrics/metric.h"
#include "qamro/metrics/system_means.h"
#include "qamro/models/model_kind.h"
#include "qamro/training/fold.h"
#include "qamro/training/run_folder.h"

namespace qamro::experiments {
namespace {

std::string held_out_name(const std::string& name) {
  return fmt::format("{}, its system held out", name.starts_with("+ ") ? name.substr(2) : name);
}

// The rows with and without the whole loss are also scored on systems that no run has seen.
bool is_held_out_row(const AblationJob& job) {
  return !job.preference_factor && (job.name == kRegressionOnly || job.name == kQamro);
}

void warn_of_leakage(const ExperimentSetup& setup, const ExperimentRows& rows,
                     const ExperimentObserver& observer) {
  const auto found = training::find_leakage(rows.dataset, rows.folds);
  training::refuse_leakage(setup.recipe, rows.dataset, found);
  for (const data::Leakage& leakage : found)
    if (observer.note) observer.note(describe(leakage, rows.dataset.paths));
}

std::vector<AblationScores> train(const std::vector<AblationJob>& jobs, const training::Recipe& recipe,
                                  const training::Dataset& dataset, const std::vector<training::Fold>& folds,
                                  const std::filesystem::path& folder, const std::string& label,
                                  const ExperimentObserver& observer) {
  const io::WriterLock lock =
      training::open_run_folder(folder, recipe, ablation_fingerprint(jobs, dataset), true);
  if (observer.training_begins) observer.training_begins(label, max_total_epochs(jobs, folds));
  training::ExecutionOptions execution;
  execution.threads = recipe.threads;
  execution.resume = true;
  execution.keep_checkpoints = false;
  execution.on_progress = observer.progress;
  return train_ablation(jobs, dataset, folds, execution);
}

// The same recipe with systems held out as well; empty if the experiment has no such rows.
std::vector<AblationJob> held_out_jobs(const ExperimentSetup& setup, const std::filesystem::path& folder) {
  std::vector<AblationJob> jobs;
  if (!setup.hold_out_folds) return jobs;
  training::Recipe recipe = setup.recipe;
  recipe.split.hold_out = "system";
  recipe.split.hold_out_folds = *setup.hold_out_folds;
  recipe.ablate.reference.clear();
  for (AblationJob& job : ablation_jobs(recipe, folder))
    if (is_held_out_row(job)) jobs.push_back(std::move(job));
  return jobs;
}

void train_held_out(const ExperimentSetup& setup, const ExperimentOptions& options, ExperimentRows& rows,
                    const ExperimentObserver& observer) {
  const auto folder = options.output / "runs_held_out";
  const auto jobs = held_out_jobs(setup, folder);
  if (jobs.empty()) return;
  training::Dataset dataset = rows.dataset;
  dataset.hold_out = dataset.systems;
  const training::Recipe& recipe = jobs.front().recipe;
  const auto folds = training::make_folds(recipe, dataset);
  for (AblationScores& scores : train(jobs, recipe, dataset, folds, folder, "systems held out", observer)) {
    scores.name = held_out_name(scores.name);
    rows.scores.push_back(std::move(scores));
  }
}

std::string own_score_name(const ExperimentSetup& setup) {
  return (setup.encoder ? setup.encoder->name : setup.model) + kAsItIs;
}

// The scores of the encoder's own heads, for the axes that have the same names.
void add_own_score(const ExperimentSetup& setup, ExperimentRows& rows) {
  const auto own = models::kind_of(*setup.encoder).own_scores(*setup.encoder, rows.dataset);
  if (!own) return;
  at::Tensor table = at::full_like(rows.dataset.labels, std::numeric_limits<double>::quiet_NaN());
  bool is_scored = false;
  for (std::size_t axis = 0; axis < setup.recipe.data.axes.size(); ++axis) {
    const auto found = std::ranges::find(own->axes, setup.recipe.data.axes[axis]);
    if (found == own->axes.end()) continue;
    const auto& scores = own->scores[static_cast<std::size_t>(found - own->axes.begin())];
    table.select(1, static_cast<std::int64_t>(axis)).copy_(at::tensor(scores, at::kDouble));
    is_scored = true;
  }
  if (is_scored) rows.scores.push_back({own_score_name(setup), {}, table, {}});
}

}  // namespace

ExperimentRows make_rows(const ExperimentSetup& setup, const ExperimentOptions& options, bool is_embedded,
                         const ExperimentObserver& observer) {
  const auto folder = options.output / "runs";
  const auto jobs = ablation_jobs(setup.recipe, folder);
  ExperimentRows rows;
  rows.dataset = is_embedded ? training::load_dataset(setup.recipe) : training::load_labels(setup.recipe);
  rows.folds = training::make_folds(setup.recipe, rows.dataset);
  check_excluded_systems(setup.recipe, rows.dataset);
  warn_of_leakage(setup, rows, observer);
  if (is_embedded) {
    rows.scores = train(jobs, setup.recipe, rows.dataset, rows.folds, folder, "training", observer);
    train_held_out(setup, options, rows, observer);
    add_own_score(setup, rows);
  } else {
    for (const AblationJob& job : jobs) rows.left_out.push_back(job.name);
    for (const AblationJob& job : held_out_jobs(setup, folder))
      rows.left_out.push_back(held_out_name(job.name));
    if (setup.scores_itself) rows.left_out.push_back(own_score_name(setup));
  }
  const std::string no_lookup = add_lookup("look-up: mean of the system over training clips, no audio",
                                           rows.dataset, rows.folds, rows.scores);
  rows.scores.push_back({"constant: mean of the training clips",
                         {},
                         training::constant_baseline(rows.dataset, rows.folds),
                         {},
                         {},
                         /*has_order=*/false});
  rows.notes = row_notes(setup.recipe, rows.dataset, rows.scores);
  if (!no_lookup.empty()) rows.notes.push_back(no_lookup);
  return rows;
}

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
