#include "cli/train.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "cli/exit_code.h"
#include "cli/leakage_warning.h"
#include "cli/learning_curves.h"
#include "cli/picture.h"
#include "cli/recipe_options.h"
#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/text_report.h"
#include "qamro/models/encoder_training.h"
#include "qamro/training/cross_validation.h"
#include "qamro/training/run_folder.h"

namespace qamro::cli {
namespace {

using Json = nlohmann::ordered_json;

std::vector<double> column(const at::Tensor& table, std::int64_t index) {
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
    scores.labels.push_back(column(dataset.labels, axis));
    scores.predictions.push_back(column(predictions, axis));
  }
  if (has_systems(dataset)) scores.systems = dataset.systems;
  scores.groups = dataset.groups;
  evaluation::EvaluationOptions options;
  options.system_level = !scores.systems.empty();
  options.unit = evaluation::ResamplingUnit::kGroups;
  return evaluation::evaluate(scores, options);
}

Json level_json(const evaluation::LevelMetrics& level) {
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
    if (axis.utterance) json["utterance"][axis.axis] = level_json(*axis.utterance);
    if (axis.system) json["system"][axis.axis] = level_json(*axis.system);
  }
  return json;
}

// What a run trains on: cached embeddings, or audio with an encoder that is trained too.
struct Source {
  training::Dataset dataset;
  std::optional<models::EncoderTraining> encoder;
  std::optional<models::ModelDescription> frozen;  // the encoder that made the cached layers
};

int cores() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

Source load_source(const training::Recipe& recipe) {
  if (recipe.data.audio.empty()) {
    Source source{training::load_dataset(recipe), std::nullopt, std::nullopt};
    if (recipe.model.head_kind != training::HeadKind::kMlp)
      source.frozen = models::frozen_encoder(recipe, source.dataset);
    return source;
  }
  Progress progress("reading audio", 0, "clips");
  auto encoder = models::prepare_encoder_training(
      recipe, recipe.threads > 0 ? static_cast<int>(recipe.threads) : cores(), [&] { progress.advance(); });
  training::Dataset dataset = encoder.dataset;
  return {std::move(dataset), std::move(encoder), std::nullopt};
}

// Small runs share the cores. A run with an encoder takes all of them, so only one runs at a time.
training::ExecutionOptions execution_options(const RecipeOptions& options, const training::Recipe& recipe,
                                             const Source& source) {
  training::ExecutionOptions execution;
  execution.threads = recipe.threads;
  execution.folder = options.output;
  execution.resume = options.resume;
  if (source.encoder) {
    execution.threads = 1;
    execution.threads_a_run = recipe.threads > 0 ? recipe.threads : cores();
    execution.make_model = source.encoder->make_model;
  }
  return execution;
}

// Returns the model's folder.
std::filesystem::path train_and_save_model(const training::Recipe& recipe, const Source& source,
                                           const training::CrossValidation& folds, const Json& metrics,
                                           const training::ExecutionOptions& execution) {
  training::FinalModel model = training::train_final_model(recipe, source.dataset, folds, execution);
  training::merge_metrics(execution.folder, recipe, folds);
  model.heads.provenance = training::provenance(recipe, source.dataset);
  model.heads.provenance["out_of_fold"] = metrics;
  const std::filesystem::path folder = execution.folder / "model";
  if (source.encoder)
    models::save_trained_model(folder, *source.encoder, model);
  else
    models::save_heads(folder, source.dataset, model, source.frozen);
  return folder;
}

int run_training(const RecipeOptions& options) {
  const training::Recipe recipe = options.load();
  const Source source = load_source(recipe);
  const training::Dataset& dataset = source.dataset;
  const auto folds = training::make_folds(recipe, dataset);
  check_leakage(recipe, dataset, folds);
  training::open_run_folder(options.output, recipe, training::run_fingerprint(recipe, dataset),
                            options.resume);

  const auto runs = std::ssize(recipe.seeds) * std::ssize(folds) + (source.encoder ? recipe.members() : 0);
  Progress progress("training", runs * recipe.trainer.max_epochs, "epochs");
  training::ExecutionOptions execution = execution_options(options, recipe, source);
  execution.on_progress = progress_callback(progress);
  const training::CrossValidation result = training::cross_validate(recipe, dataset, folds, execution);
  training::write_out_of_fold(options.output, recipe, dataset, result);
  training::write_answer(options.output, recipe, dataset, result);
  const evaluation::Evaluation metrics = evaluate_out_of_fold(recipe, dataset, result.out_of_fold);
  if (!source.encoder) execution.on_progress = {};  // heads alone are too quick for a progress line
  const auto folder = train_and_save_model(recipe, source, result, metrics_json(metrics), execution);
  progress.finish();
  const std::filesystem::path output = options.output;
  draw_picture(learning_curves(output / "metrics.jsonl", std::string(name_of(recipe.trainer.monitor)),
                               recipe.trainer.patience > 0),
               output / "learning_curves.svg");

  fmt::print("{} clips, {} folds by {}, {} seeds; out of fold, intervals over {}:\n\n{}\n", dataset.size(),
             folds.size(), recipe.split.group, recipe.seeds.size(), recipe.split.group,
             evaluation::render_evaluation(metrics));
  fmt::print("Model of {} head set{}{} in {}\n", recipe.members(), recipe.members() == 1 ? "" : "s",
             source.encoder ? " and its encoder" : "", folder.string());
  return ExitCode::kAllDone;
}

}  // namespace

std::function<int()> add_train_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "train", "Train heads on frozen embeddings, or a whole encoder on audio, after a recipe");
  const auto options = std::make_shared<RecipeOptions>();
  options->add_to(*command);
  command->footer(
      "Writes into the output folder: recipe.toml (all keys), metrics.jsonl (a line an epoch), "
      "out_of_fold.csv\n"
      "(predictions by heads that have not seen the clip), answer.txt (the same as the AudioMOS challenge "
      "takes\n"
      "them, for its axes), folds/ (checkpoints), model/ (for --model) and\n"
      "learning_curves.svg (losses and the monitored metric of every seed and fold; drawn by gnuplot).\n"
      "Example: qamro train examples/neural_codecs/recipe.toml --output my_heads\n"
      "         qamro score clips/ --model my_heads/model");
  return [options] { return run_training(*options); };
}

}  // namespace qamro::cli
