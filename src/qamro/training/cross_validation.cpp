#include "qamro/training/cross_validation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/core/sha256.h"
#include "qamro/nn/parallel.h"
#include "qamro/training/fold.h"
#include "qamro/training/gradient_cache.h"

namespace qamro::training {
namespace {

using Familiarity = std::optional<heads::Familiarity>;

std::unique_ptr<RunModel> make_model(const Recipe& recipe, const Dataset& dataset, const PreparedFold& fold,
                                     std::int64_t seed, const ExecutionOptions& options) {
  const RunModelFactory factory =
      options.make_model ? options.make_model : heads_on_embeddings_factory(recipe, dataset);
  return factory(static_cast<std::uint64_t>(seed), fold);
}

// Scores of the fold's test clips, on the output scale.
at::Tensor score_test_clips(const Recipe& recipe, RunModel& model, const PreparedFold& fold,
                            const Familiarity& familiarity) {
  const at::Tensor scores =
      predict(model.trainable(), fold.test_clips, recipe.trainer.micro_batch).to(at::kDouble);
  std::vector<at::Tensor> columns;
  for (std::size_t axis = 0; axis < fold.transforms.size(); ++axis)
    columns.push_back(fold.transforms[axis].to_label(scores.select(1, static_cast<std::int64_t>(axis))));
  const at::Tensor labels = at::stack(columns, 1);
  return familiarity ? familiarity->blend(labels, fold.test_embeddings, fold.test_inputs) : labels;
}

EpochCallback epoch_callback(const ExecutionOptions& options, std::int64_t seed, std::int64_t fold) {
  if (!options.on_progress) return {};
  return [&options, seed, fold](const EpochRecord& record) {
    options.on_progress({seed, fold, &record, 0});
    return true;
  };
}

void report_end(const ExecutionOptions& options, std::int64_t seed, std::int64_t fold,
                std::int64_t epochs_saved) {
  if (options.on_progress) options.on_progress({seed, fold, nullptr, epochs_saved});
}

// Trains in place. Counts the callbacks, because each is one epoch of max_epochs that progress has seen.
FitResult fit_run(TrainableModel& model, const Recipe& recipe, const PreparedFold& fold, std::int64_t seed,
                  std::int64_t number, const std::string& fingerprint, const ExecutionOptions& options) {
  const RunFiles files{run_folder(options.folder, seed, number), fingerprint, options.resume,
                       options.keep_checkpoints};
  std::int64_t reported = 0;
  const EpochCallback report = epoch_callback(options, seed, number);
  const FitResult result =
      fit(model, fold.train, fold.validation, fold.transforms, recipe.data.output_scale, recipe.trainer,
          derive_seed(static_cast<std::uint64_t>(seed), "training"), files, [&](const EpochRecord& record) {
            ++reported;
            return !report || report(record);
          });
  report_end(options, seed, number, recipe.trainer.max_epochs - reported);
  return result;
}

FoldRun train_fold(const Recipe& recipe, const Dataset& dataset, const PreparedFold& fold,
                   const Familiarity& familiarity, std::int64_t seed, std::int64_t number,
                   const std::string& data_fingerprint, const ExecutionOptions& options) {
  const std::string fingerprint =
      sha256_hex(fmt::format("{} seed {} fold {}", data_fingerprint, seed, number));
  const std::filesystem::path folder = run_folder(options.folder, seed, number);
  if (options.resume) {
    if (auto done =
            load_fold_result(folder, fingerprint, {std::ssize(fold.test_clips), dataset.labels.size(1)})) {
      if (!options.keep_checkpoints) drop_checkpoint(folder);
      report_end(options, seed, number, recipe.trainer.max_epochs);
      return {seed, number, done->fit, done->predictions};
    }
  }
  const auto model = make_model(recipe, dataset, fold, seed, options);
  FoldRun run{
      seed, number, fit_run(model->trainable(), recipe, fold, seed, number, fingerprint, options), {}};
  run.predictions = score_test_clips(recipe, *model, fold, familiarity);
  if (!folder.empty())
    save_fold_result(folder, fingerprint, {run.fit, run.predictions}, options.keep_checkpoints);
  return run;
}

void collect(CrossValidation& result, std::int64_t seeds, const Dataset& dataset) {
  result.per_seed = at::full({seeds, dataset.size(), dataset.labels.size(1)},
                             std::numeric_limits<double>::quiet_NaN(), at::kDouble);
  for (std::size_t i = 0; i < result.runs.size(); ++i) {
    const auto seed = static_cast<std::int64_t>(i / result.folds.size());
    const Fold& fold = result.folds[i % result.folds.size()];
    result.per_seed[seed].index_copy_(0, at::tensor(fold.test, at::kLong), result.runs[i].predictions);
  }
  result.out_of_fold = result.per_seed.mean(0);
}

// Shared by the runs of one variant.
struct VariantRuns {
  Recipe recipe;
  std::string fingerprint;
  ExecutionOptions options;
};

VariantRuns variant_runs(const Recipe& recipe, const LossVariant& variant, const Dataset& dataset,
                         const ExecutionOptions& options) {
  VariantRuns runs{recipe, {}, options};
  runs.recipe.trainer.losses = variant.losses;
  runs.fingerprint = run_fingerprint(runs.recipe, dataset);
  runs.options.folder = variant.folder;
  return runs;
}

std::int64_t median_best_epoch(const Recipe& recipe, const CrossValidation& folds) {
  if (recipe.trainer.patience == 0) return recipe.trainer.max_epochs;
  std::vector<std::int64_t> epochs;
  for (const FoldRun& run : folds.runs) epochs.push_back(run.fit.best_epoch);
  std::sort(epochs.begin(), epochs.end());
  return std::max<std::int64_t>(epochs[(epochs.size() - 1) / 2], 1);
}

}  // namespace

std::filesystem::path run_folder(const std::filesystem::path& folder, std::int64_t seed, std::int64_t fold) {
  if (folder.empty()) return {};
  if (fold == kFinalFold) return folder / "final" / fmt::format("seed_{}", seed);
  return folder / "folds" / fmt::format("seed_{}_fold_{}", seed, fold);
}

std::vector<Fold> make_folds(const Recipe& recipe, const Dataset& dataset) {
  return data::make_folds(recipe.split, {dataset.groups, dataset.assignment, dataset.hold_out});
}

std::vector<data::Leakage> find_leakage(const Dataset& dataset, const std::vector<Fold>& folds) {
  std::vector<data::SharedColumn> columns = dataset.shared;
  if (!dataset.audio_digests.empty()) columns.push_back({"audio", dataset.audio_digests});
  return data::find_leakage(folds, columns);
}

void refuse_leakage(const Recipe& recipe, const Dataset& dataset, const std::vector<data::Leakage>& found) {
  if (recipe.leakage.policy != data::LeakagePolicy::kError || found.empty()) return;
  std::string text;
  for (const data::Leakage& leakage : found) text += "\n  " + describe(leakage, dataset.paths);
  throw InvalidInput("split.leakage = \"error\": test clips are not new to the runs that score them:" + text);
}

std::string run_fingerprint(const Recipe& recipe, const Dataset& dataset) {
  return sha256_hex(recipe_fingerprint(recipe) + dataset.embeddings_sha256 + dataset.labels_sha256);
}

CrossValidation cross_validate(const Recipe& recipe, const Dataset& dataset, const std::vector<Fold>& folds,
                               const ExecutionOptions& options) {
  const LossVariant only{recipe.trainer.losses, options.folder};
  return std::move(cross_validate_losses(recipe, {&only, 1}, dataset, folds, options).front());
}

std::vector<CrossValidation> cross_validate_losses(const Recipe& recipe,
                                                   std::span<const LossVariant> variants,
                                                   const Dataset& dataset, const std::vector<Fold>& folds,
                                                   const ExecutionOptions& options) {
  std::vector<PreparedFold> prepared;
  prepared.reserve(folds.size());
  for (const Fold& fold : folds) prepared.push_back(prepare_fold(recipe, dataset, fold));
  const Familiarity familiarity = fit_familiarity(recipe, prepared);
  const std::size_t runs = recipe.seeds.size() * folds.size();
  std::vector<VariantRuns> jobs;
  for (const LossVariant& variant : variants) jobs.push_back(variant_runs(recipe, variant, dataset, options));
  std::vector<CrossValidation> results(variants.size(),
                                       {folds, std::vector<FoldRun>(runs), {}, {}, familiarity});
  const auto train = [&](std::int64_t number) {
    const auto i = static_cast<std::size_t>(number);
    const VariantRuns& job = jobs[i / runs];
    const std::size_t run = i % runs;
    const std::size_t fold = run % folds.size();
    results[i / runs].runs[run] =
        train_fold(job.recipe, dataset, prepared[fold], familiarity, recipe.seeds[run / folds.size()],
                   static_cast<std::int64_t>(fold), job.fingerprint, job.options);
  };
  nn::for_each_torch_job(static_cast<std::int64_t>(variants.size() * runs), options.threads,
                         options.threads_per_run, train);
  for (CrossValidation& result : results)
    collect(result, static_cast<std::int64_t>(recipe.seeds.size()), dataset);
  return results;
}

RunEnds run_ends(const Recipe& recipe, const CrossValidation& result) {
  RunEnds ends{std::ssize(result.runs), 0};
  for (const FoldRun& run : result.runs) ends.cut_short += was_cut_short(run.fit, recipe.trainer) ? 1 : 0;
  return ends;
}

std::string describe(const RunEnds& ends, const TrainerOptions& options) {
  if (ends.cut_short == 0) return "";
  return fmt::format(
      "training.max_epochs = {} ended {} of {} runs while the {} of their validation clips still improved: more epochs may give better scores",
      options.max_epochs, ends.cut_short, ends.runs, name_of(options.monitor));
}

FinalModel train_final_model(const Recipe& recipe, const Dataset& dataset, const CrossValidation& folds,
                             const ExecutionOptions& options) {
  Recipe fixed = recipe;
  fixed.trainer.max_epochs = median_best_epoch(recipe, folds);
  fixed.trainer.patience = 0;
  Fold all;
  all.train.resize(static_cast<std::size_t>(dataset.size()));
  std::iota(all.train.begin(), all.train.end(), 0);
  const PreparedFold prepared = prepare_fold(fixed, dataset, all);

  FinalModel model;
  model.heads.name = recipe.model.name;
  model.heads.encoder = dataset.encoder;
  model.heads.standardiser = prepared.standardiser;
  model.heads.familiarity = folds.familiarity;
  for (std::size_t axis = 0; axis < recipe.data.axes.size(); ++axis)
    model.heads.axes.push_back({recipe.data.axes[axis], recipe.data.output_scale, recipe.data.label_scale,
                                prepared.transforms[axis]});
  model.runs.resize(static_cast<std::size_t>(recipe.members()));
  const std::string fingerprint = run_fingerprint(fixed, dataset);
  nn::for_each_torch_job(
      std::ssize(model.runs), options.threads, options.threads_per_run, [&](std::int64_t number) {
        const auto i = static_cast<std::size_t>(number);
        model.runs[i] = make_model(recipe, dataset, prepared, recipe.seeds[i], options);
        fit_run(model.runs[i]->trainable(), fixed, prepared, recipe.seeds[i], kFinalFold,
                sha256_hex(fmt::format("{} seed {} final", fingerprint, recipe.seeds[i])), options);
      });
  for (const auto& run : model.runs)
    if (const auto* heads = run->mlp_heads()) model.heads.members.push_back(*heads);
  if (!model.heads.members.empty()) model.heads.head = model.heads.members.front().options();
  return model;
}

}  // namespace qamro::training
