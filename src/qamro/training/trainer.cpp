#include "qamro/training/trainer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <chrono>
#include <cmath>
#include <memory>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/training/checkpoint.h"
#include "qamro/training/early_stopping.h"
#include "qamro/training/metrics_log.h"
#include "qamro/training/objective.h"
#include "qamro/training/validation.h"

namespace qamro::training {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const OptimizerOptions& options,
                                                        const predictors::Heads& heads) {
  if (options.kind == OptimizerKind::kSgd)
    return std::make_unique<torch::optim::SGD>(heads.parameters(),
                                               torch::optim::SGDOptions(options.learning_rate)
                                                   .momentum(options.momentum)
                                                   .weight_decay(options.weight_decay));
  return std::make_unique<torch::optim::AdamW>(
      heads.parameters(),
      torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));
}

// The batches of an epoch as clip numbers; one undefined tensor stands for all clips in file order.
std::vector<at::Tensor> batches_of(std::int64_t clips, std::int64_t batch_size, std::uint64_t seed) {
  if (batch_size == 0 || batch_size >= clips) return {at::Tensor()};
  Random random(seed);
  const std::vector<std::int64_t> order = permutation(clips, random);
  return at::tensor(order, at::kLong).split(batch_size);
}

class Run {
 public:
  Run(predictors::Heads& heads, const Examples& train, const Examples& validation,
      const std::vector<predictors::TargetTransform>& transforms, const TrainerOptions& options,
      std::uint64_t seed, const RunFiles& files)
      : heads_(heads),
        train_(train),
        validation_(validation),
        transforms_(transforms),
        options_(options),
        seed_(seed),
        files_(files),
        objective_(options.losses, transforms),
        optimizer_(make_optimizer(options.optimizer, heads)),
        stopping_(options.patience, higher_is_better(options.monitor) ? EarlyStopping::Direction::kHigher
                                                                      : EarlyStopping::Direction::kLower) {}

  FitResult train(const EpochCallback& on_epoch) {
    std::int64_t epoch = files_.resume ? restore() : 0;
    MetricsLog log(files_.folder, epoch);
    bool go_on = epoch < options_.max_epochs && !stopping_.should_stop(epoch);
    while (go_on) {
      const EpochRecord record = train_epoch(++epoch);
      log.append(record);
      go_on = epoch < options_.max_epochs && !stopping_.should_stop(epoch);
      const bool is_interrupted = on_epoch && !on_epoch(record) && go_on;
      if (is_interrupted || !go_on || seconds_since(last_save_) >= options_.checkpoint_interval_seconds)
        save(epoch, go_on);
      if (is_interrupted) return {stopping_.best_epoch(), epoch, stopping_.best_value()};
    }
    return finish(epoch);
  }

 private:
  EpochRecord train_epoch(std::int64_t epoch) {
    const auto start = Clock::now();
    EpochRecord record;
    record.epoch = epoch;
    record.learning_rate = options_.optimizer.learning_rate_at(epoch, options_.max_epochs);
    for (auto& group : optimizer_->param_groups()) group.options().set_lr(record.learning_rate);
    const auto number = static_cast<std::uint64_t>(epoch);
    Random dropout(derive_seed(seed_, "dropout", number));
    const std::int64_t clips = train_.inputs.size(0);
    record.loss_parts.assign(options_.losses.size(), 0.0);
    for (const at::Tensor& batch :
         batches_of(clips, options_.batch_size, derive_seed(seed_, "shuffle", number)))
      step(batch, dropout, record);
    if (!validation_.empty()) record.validation = validate(heads_, validation_, transforms_, objective_);
    if (record.validation && !std::isfinite(record.validation->loss)) throw diverged(epoch);
    const std::optional<double> monitored =
        record.validation ? monitored_value(*record.validation, options_.monitor) : std::nullopt;
    record.is_best = options_.patience > 0 && stopping_.update(epoch, monitored);
    if (record.is_best) best_weights_ = copy_weights(heads_);
    record.seconds = seconds_since(start);
    return record;
  }

  // Sample, forward, backward, optimise.
  void step(const at::Tensor& batch, Random& dropout, EpochRecord& record) {
    const at::Tensor inputs = batch.defined() ? train_.inputs.index_select(0, batch) : train_.inputs;
    const at::Tensor labels = batch.defined() ? train_.labels.index_select(0, batch) : train_.labels;
    const at::Tensor pred = heads_.forward(inputs, &dropout);
    if (!std::isfinite(pred.detach().sum().item<float>())) throw diverged(record.epoch);
    const Objective::Value value = objective_(pred, labels);
    optimizer_->zero_grad();
    value.total.backward();
    optimizer_->step();
    const double share = static_cast<double>(inputs.size(0)) / static_cast<double>(train_.inputs.size(0));
    const double loss = value.total.item<double>();
    if (!std::isfinite(loss)) throw diverged(record.epoch);
    record.loss += share * loss;
    for (std::size_t i = 0; i < value.parts.size(); ++i) record.loss_parts[i] += share * value.parts[i];
  }

  Error diverged(std::int64_t epoch) const {
    return Error(
        fmt::format("training: the loss is no longer a finite number in epoch {}: a smaller "
                    "optimizer.learning_rate than {} "
                    "may help",
                    epoch, options_.optimizer.learning_rate));
  }

  std::filesystem::path last_path() const { return files_.folder / "last.safetensors"; }

  std::int64_t restore() {
    if (files_.folder.empty() || !std::filesystem::exists(last_path())) return 0;
    const TrainingState state = load_state(last_path(), files_.fingerprint);
    load_weights(heads_, state.weights);
    load_optimizer_state(*optimizer_, heads_, state.optimizer);
    best_weights_ = state.best_weights;
    stopping_.restore(state.best_epoch, state.best_value);
    return state.epoch;
  }

  void save(std::int64_t epoch, bool goes_on) {
    last_save_ = Clock::now();
    if (files_.folder.empty() || (!goes_on && !files_.keep_checkpoints)) return;
    save_state(last_path(),
               {epoch, stopping_.best_epoch(), stopping_.best_value(), copy_weights(heads_), best_weights_,
                copy_optimizer_state(*optimizer_, heads_)},
               files_.fingerprint);
  }

  FitResult finish(std::int64_t epoch) {
    for (const at::Tensor& parameter : heads_.parameters())
      if (!at::isfinite(parameter).all().item<bool>()) throw diverged(epoch);
    FitResult result{epoch, epoch, std::nullopt};
    if (!best_weights_.empty()) {
      load_weights(heads_, best_weights_);
      result = {stopping_.best_epoch(), epoch, stopping_.best_value()};
    }
    if (!files_.folder.empty() && files_.keep_checkpoints) save_best(result);
    return result;
  }

  void save_best(const FitResult& result) const {
    const io::StateDict weights = copy_weights(heads_);
    save_state(files_.folder / "best.safetensors",
               {result.best_epoch, result.best_epoch, result.best_value, weights, {}, {}},
               files_.fingerprint);
  }

  predictors::Heads& heads_;
  const Examples& train_;
  const Examples& validation_;
  const std::vector<predictors::TargetTransform>& transforms_;
  const TrainerOptions& options_;
  std::uint64_t seed_;
  const RunFiles& files_;
  Objective objective_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  EarlyStopping stopping_;
  io::StateDict best_weights_;
  Clock::time_point last_save_ = Clock::now();
};

void check_examples(const Examples& examples, const predictors::Heads& heads) {
  const auto axes = static_cast<std::int64_t>(heads.axes().size());
  if (examples.inputs.dim() != 2 || examples.labels.dim() != 2 || examples.labels.size(1) != axes ||
      examples.labels.size(0) != examples.inputs.size(0))
    throw InvalidInput(fmt::format("training: expected inputs [n, dim] and labels [n, {}], got [{}] and [{}]",
                                   axes, fmt::join(examples.inputs.sizes(), ", "),
                                   fmt::join(examples.labels.sizes(), ", ")));
}

}  // namespace

FitResult fit(predictors::Heads& heads, const Examples& train, const Examples& validation,
              const std::vector<predictors::TargetTransform>& transforms, const TrainerOptions& options,
              std::uint64_t seed, const RunFiles& files, const EpochCallback& on_epoch) {
  options.validate();
  if (train.empty()) throw InvalidInput("training: expected at least one training clip, got none");
  check_examples(train, heads);
  if (!validation.empty()) check_examples(validation, heads);
  if (options.patience > 0 && validation.empty())
    throw InvalidInput(
        "training.patience: early stopping needs validation clips (split.validation_fraction > 0), or "
        "patience = 0");
  return Run(heads, train, validation, transforms, options, seed, files).train(on_epoch);
}

}  // namespace qamro::training
