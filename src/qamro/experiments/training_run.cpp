#include "qamro/experiments/training_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "qamro/core/jobs.h"
#include "qamro/core/sha256.h"
#include "qamro/data/training_clips.h"
#include "qamro/training/run_folder.h"

namespace qamro::experiments {
namespace {

using Json = nlohmann::ordered_json;

std::vector<double> axis_column(const at::Tensor& table, std::int64_t index) {
  const at::Tensor values = table.select(1, index).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

bool has_systems(const training::Dataset& dataset) {
  return std::find(dataset.systems.begin(), dataset.systems.end(), "") == dataset.systems.end();
}

// Out-of-fold metrics; the intervals are over the groups that the folds keep together.
evaluation::Evaluation evaluate_out_of_fold(const training::Recipe& recipe, const training::Dataset& dataset,
                                            const at::Tensor& predictions) {
  evaluation::JoinedScores scores;
  scores.axes = recipe.data.axes;
  for (std::int64_t axis = 0; axis < predictions.size(1); ++axis) {
    scores.labels.push_back(axis_column(dataset.labels, axis));
    scores.predictions.push_back(axis_column(predictions, axis));
  }
  if (has_systems(dataset)) scores.systems = dataset.systems;
  scores.groups = dataset.groups;
  evaluation::EvaluationOptions options;
  options.system_level = !scores.systems.empty();
  options.unit = statistics::ResamplingUnit::kGroups;
  return evaluation::evaluate(scores, options);
}

Json metrics_json_of_level(const evaluation::LevelMetrics& level) {
  Json json = {{"n", level.n}};
  const auto add = [&](const char* name, const evaluation::MetricEstimate& estimate) {
    json[name] = estimate.metric.value ? Json(*estimate.metric.value) : Json(nullptr);
    if (const auto& interval = estimate.bootstrap.interval)
      json[fmt::format("{}_ci", name)] = {interval->low, interval->high};
  };
  add("mse", level.mse);
  add("lcc", level.lcc);
  add("srcc", level.srcc);
  add("ktau", level.ktau);
  return json;
}

Json metrics_json(const evaluation::Evaluation& evaluation) {
  Json json = Json::object();
  for (const evaluation::AxisEvaluation& axis : evaluation.axes) {
    if (axis.utterance) json["utterance"][axis.axis] = metrics_json_of_level(*axis.utterance);
    if (axis.system) json["system"][axis.axis] = metrics_json_of_level(*axis.system);
  }
  return json;
}

// Small runs share the cores. A run with an encoder takes all of them, so only one runs at a time.
training::ExecutionOptions execution_options(const training::Recipe& recipe, const TrainingSource& source) {
  training::ExecutionOptions execution;
  execution.threads = recipe.threads;
  if (source.encoder) {
    execution.threads = 1;
    execution.threads_per_run = thread_count(recipe.threads);
    execution.make_model = source.encoder->make_model;
  }
  return execution;
}

// Writes the list of training clips into the model's folder. Returns what its provenance says of it.
Json remember_clips(const std::filesystem::path& folder, const training::Dataset& dataset) {
  constexpr const char* kFile = "training_clips.csv";
  std::error_code ignored;  // writing says what is wrong with the folder
  std::filesystem::create_directories(folder, ignored);
  data::write_training_clips(folder / kFile, dataset.clip_digests);
  return {{"file", kFile}, {"sha256", sha256_file(folder / kFile)}};
}

// Returns the model's folder.
std::filesystem::path train_and_save_final(const training::Recipe& recipe, const TrainingSource& source,
                                           const training::CrossValidation& folds, const Json& metrics,
                                           const training::ExecutionOptions& execution) {
  training::FinalModel model = training::train_final_model(recipe, source.dataset, folds, execution);
  training::merge_metrics(execution.folder, recipe, folds);
  model.heads.provenance = training::provenance(recipe, source.dataset);
  model.heads.provenance["out_of_fold"] = metrics;
  model.heads.provenance["runs"] = training::run_ends_json(training::run_ends(recipe, folds));
  const std::filesystem::path folder = execution.folder / "model";
  if (!source.dataset.clip_digests.empty())
    model.heads.provenance["training_clips"] = remember_clips(folder, source.dataset);
  if (source.encoder)
    models::save_trained_model(folder, *source.encoder, model);
  else
    models::save_heads(folder, source.dataset, model, source.frozen);
  return folder;
}

}  // namespace

TrainingSource load_training_source(const training::Recipe& recipe, const std::function<void()>& on_clip) {
  if (recipe.data.audio.empty()) {
    TrainingSource source{training::load_dataset(recipe), std::nullopt, std::nullopt};
    if (recipe.model.head_kind != training::HeadKind::kMlp)
      source.frozen = models::frozen_encoder(recipe, source.dataset);
    return source;
  }
  auto encoder = models::prepare_encoder_training(recipe, thread_count(recipe.threads), on_clip);
  training::Dataset dataset = encoder.dataset;
  return {std::move(dataset), std::move(encoder), std::nullopt};
}

std::int64_t max_total_epochs(const training::Recipe& recipe, const TrainingSource& source,
                              const std::vector<training::Fold>& folds) {
  const auto runs = std::ssize(recipe.seeds) * std::ssize(folds) + (source.encoder ? recipe.members() : 0);
  return runs * recipe.trainer.max_epochs;
}

TrainedModel train_model(const training::Recipe& recipe, const TrainingSource& source,
                         const std::vector<training::Fold>& folds, const std::filesystem::path& folder,
                         bool resume, const std::function<void(const training::RunProgress&)>& on_progress) {
  training::ExecutionOptions execution = execution_options(recipe, source);
  execution.folder = folder;
  execution.resume = resume;
  execution.on_progress = on_progress;
  const training::CrossValidation result = training::cross_validate(recipe, source.dataset, folds, execution);
  training::write_out_of_fold(folder, recipe, source.dataset, result);
  training::write_answer(folder, recipe, source.dataset, result);
  evaluation::Evaluation metrics = evaluate_out_of_fold(recipe, source.dataset, result.out_of_fold);
  if (!source.encoder) execution.on_progress = {};
  auto model = train_and_save_final(recipe, source, result, metrics_json(metrics), execution);
  return {std::move(model), std::move(metrics), training::run_ends(recipe, result)};
}

}  // namespace qamro::experiments
