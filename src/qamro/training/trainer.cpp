#include "qamro/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/training/epoch_files.h"
#include "qamro/training/gradient_cache.h"
#include "qamro/training/objective.h"
#include "qamro/training/optimizer.h"
#include "qamro/training/validation.h"

namespace qamro::training {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Positions of clips in `examples` for each batch of one epoch.
std::vector<std::vector<std::int64_t>> batches_of(const Examples& examples, const TrainerOptions& options,
                                                  std::uint64_t seed) {
  const auto clips = std::ssize(examples.clips);
  if (options.batch_size == 0 || options.batch_size >= clips) {
    std::vector<std::int64_t> all(examples.clips.size());
    std::iota(all.begin(), all.end(), 0);
    return {all};
  }
  Random random(seed);
  const std::vector<std::int64_t>& members =
      options.sampler == data::BatchSampler::kSystems
          ? examples.systems
          : (options.sampler == data::BatchSampler::kGroup ? examples.groups : examples.clips);
  return data::sample_batches(options.sampler, members, options.batch_size, random);
}

std::vector<std::int64_t> choose(const std::vector<std::int64_t>& values,
                                 const std::vector<std::int64_t>& positions) {
  std::vector<std::int64_t> chosen;
  if (values.empty()) return chosen;
  for (const std::int64_t position : positions) chosen.push_back(values[static_cast<std::size_t>(position)]);
  return chosen;
}

Examples choose(const Examples& examples, const std::vector<std::int64_t>& positions) {
  const at::Tensor rows = at::tensor(positions, at::kLong);
  return {choose(examples.clips, positions), examples.labels.index_select(0, rows),
          choose(examples.systems, positions), choose(examples.groups, positions),
          examples.weights.defined() ? examples.weights.index_select(0, rows) : at::Tensor()};
}

// Within its scope, linear layers and convolutions run in bf16.
class Bf16Scope {
 public:
  Bf16Scope() : was_enabled_(at::autocast::is_autocast_enabled(at::kCPU)) {
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  }
  ~Bf16Scope() {
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, was_enabled_);
  }
  Bf16Scope(const Bf16Scope&) = delete;
  Bf16Scope& operator=(const Bf16Scope&) = delete;

 private:
  bool was_enabled_;
};

// A model whose forward pass runs in the precision of the options. Its scores are fp32 again.
class InPrecision : public TrainableModel {
 public:
  InPrecision(TrainableModel& model, TrainingPrecision precision) : model_(model), precision_(precision) {}
  io::StateDict named_parameters() const override { return model_.named_parameters(); }
  std::int64_t depth_of(const std::string& parameter) const override { return model_.depth_of(parameter); }
  std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const override {
    return model_.draw_dropout(clips, random);
  }
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override {
    if (precision_ == TrainingPrecision::kFp32) return model_.forward(clips, dropout);
    const Bf16Scope scope;
    return model_.forward(clips, dropout).to(at::kFloat);
  }

 private:
  TrainableModel& model_;
  TrainingPrecision precision_;
};

class Run {
 public:
  Run(TrainableModel& model, const Examples& train, const Examples& validation,
      const std::vector<heads::TargetTransform>& transforms, std::array<double, 2> output_scale,
      const TrainerOptions& options, std::uint64_t seed, const RunFiles& files)
      : model_(model, options.precision),
        train_(train),
        validation_(validation),
        transforms_(transforms),
        options_(options),
        seed_(seed),
        files_(files),
        objective_(options.losses, transforms, output_scale),
        optimizer_(options.optimizer, model),
        stopping_(options.patience, higher_is_better(options.monitor) ? EarlyStopping::Direction::kHigher
                                                                      : EarlyStopping::Direction::kLower) {}

  FitResult train(const EpochCallback& on_epoch) {
    std::int64_t epoch = files_.resume ? restore() : 0;
    MetricsLog log(files_.folder, epoch);
    bool continues = epoch < options_.max_epochs && !stopping_.should_stop(epoch);
    while (continues) {
      const EpochRecord record = train_epoch(++epoch);
      log.append(record);
      continues = epoch < options_.max_epochs && !stopping_.should_stop(epoch);
      const bool is_interrupted = on_epoch && !on_epoch(record) && continues;
      if (is_interrupted || !continues || seconds_since(last_save_) >= options_.checkpoint_interval_seconds)
        save(epoch, continues);
      if (is_interrupted)
        return {stopping_.best_epoch(), epoch, stopping_.best_value(), stopping_.best_epoch()};
    }
    return finish(epoch);
  }

 private:
  EpochRecord train_epoch(std::int64_t epoch) {
    const auto start = Clock::now();
    EpochRecord record;
    record.epoch = epoch;
    record.learning_rate = options_.optimizer.learning_rate_at(epoch, options_.max_epochs);
    optimizer_.set_learning_rate(record.learning_rate);
    const auto number = static_cast<std::uint64_t>(epoch);
    Random dropout(derive_seed(seed_, "dropout", number));
    record.loss_parts.assign(options_.losses.size(), 0.0);
    const auto batches = batches_of(train_, options_, derive_seed(seed_, "shuffle", number));
    std::int64_t clips = 0;
    for (const auto& batch : batches) clips += std::ssize(batch);
    for (const auto& batch : batches)
      step(choose(train_, batch), static_cast<double>(batch.size()) / static_cast<double>(clips), dropout,
           record);
    if (!validation_.empty())
      record.validation = validate(predict(model_, validation_.clips, options_.micro_batch), validation_,
                                   transforms_, objective_);
    if (record.validation && !std::isfinite(record.validation->loss)) throw diverged(epoch);
    const std::optional<double> monitored =
        record.validation ? monitored_value(*record.validation, options_.monitor) : std::nullopt;
    record.is_best = stopping_.update(epoch, monitored) && options_.patience > 0;
    if (record.is_best) best_weights_ = copy_tensors(model_.named_parameters());
    record.seconds = seconds_since(start);
    return record;
  }

  // Forward, backward, optimise. share: the batch's share of the epoch's clips.
  void step(const Examples& batch, double share, Random& dropout, EpochRecord& record) {
    optimizer_.zero_grad();
    const auto masks = model_.draw_dropout(std::ssize(batch.clips), dropout);
    const Objective::Value value = accumulate_gradients(
        model_, batch.clips, masks, options_.micro_batch, [&](const at::Tensor& predictions) {
          if (!std::isfinite(predictions.detach().sum().item<float>())) throw diverged(record.epoch);
          return objective_(predictions, batch.labels, elements_of(batch));
        });
    const auto loss = value.total.item<double>();
    if (!std::isfinite(loss)) throw diverged(record.epoch);
    record.gradient_norm += share * optimizer_.step();
    record.loss += share * loss;
    for (std::size_t i = 0; i < value.parts.size(); ++i) record.loss_parts[i] += share * value.parts[i];
  }

  Error diverged(std::int64_t epoch) const {
    return Error(fmt::format(
        "training: the loss is no longer a finite number in epoch {}: a smaller optimizer.learning_rate than {} may help",
        epoch, options_.optimizer.learning_rate));
  }

  std::filesystem::path last_path() const { return files_.folder / "last.safetensors"; }

  std::int64_t restore() {
    if (files_.folder.empty() || !std::filesystem::exists(last_path())) return 0;
    const TrainingState state = load_state(last_path(), files_.fingerprint);
    load_weights(model_.named_parameters(), state.weights);
    optimizer_.load_state(state.optimizer);
    best_weights_ = state.best_weights;
    stopping_.restore(state.best_epoch, state.best_value);
    return state.epoch;
  }

  void save(std::int64_t epoch, bool continues) {
    last_save_ = Clock::now();
    if (files_.folder.empty() || (!continues && !files_.keep_checkpoints)) return;
    save_state(last_path(),
               {epoch, stopping_.best_epoch(), stopping_.best_value(), model_.named_parameters(),
                best_weights_, optimizer_.state()},
               files_.fingerprint);
  }

  FitResult finish(std::int64_t epoch) {
    for (const auto& [name, parameter] : model_.named_parameters())
      if (!at::isfinite(parameter).all().item<bool>()) throw diverged(epoch);
    FitResult result{epoch, epoch, std::nullopt, stopping_.best_epoch()};
    if (!best_weights_.empty()) {
      load_weights(model_.named_parameters(), best_weights_);
      result.best_epoch = stopping_.best_epoch();
      result.best_value = stopping_.best_value();
    }
    if (!files_.folder.empty() && files_.keep_checkpoints) save_best(result);
    return result;
  }

  void save_best(const FitResult& result) const {
    save_state(files_.folder / "best.safetensors",
               {result.best_epoch, result.best_epoch, result.best_value, model_.named_parameters(), {}, {}},
               files_.fingerprint);
  }

  InPrecision model_;
  const Examples& train_;
  const Examples& validation_;
  const std::vector<heads::TargetTransform>& transforms_;
  const TrainerOptions& options_;
  std::uint64_t seed_;
  const RunFiles& files_;
  Objective objective_;
  ModelOptimizer optimizer_;
  EarlyStopping stopping_;
  io::StateDict best_weights_;
  Clock::time_point last_save_ = Clock::now();
};

void check_examples(const Examples& examples, std::size_t axes, const TrainerOptions& options) {
  const auto clips = std::ssize(examples.clips);
  if (examples.labels.dim() != 2 || examples.labels.size(1) != static_cast<std::int64_t>(axes) ||
      examples.labels.size(0) != clips)
    throw InvalidInput(fmt::format("training: expected labels [{}, {}], got [{}]", clips, axes,
                                   fmt::join(examples.labels.sizes(), ", ")));
  const bool needs_systems =
      options.sampler == data::BatchSampler::kSystems || is_of_systems(options.monitor);
  if (needs_systems && std::ssize(examples.systems) != clips)
    throw InvalidInput(
        "training.sampler or training.monitor uses systems: expected data.system_column in the label file, got no systems");
  if (options.sampler == data::BatchSampler::kGroup && std::ssize(examples.groups) != clips)
    throw InvalidInput("training.sampler = \"group\": expected data.group_column, got none");
}

}  // namespace

bool was_cut_short(const FitResult& result, const TrainerOptions& options) {
  if (result.best_validation_epoch == 0 || result.epochs < options.max_epochs) return false;
  const std::int64_t window =
      options.patience > 0 ? options.patience : std::max<std::int64_t>(1, options.max_epochs / 10);
  return result.epochs - result.best_validation_epoch < window;
}

losses::RankingElements elements_of(const Examples& examples) {
  losses::RankingElements elements;
  if (examples.weights.defined()) elements.weight = examples.weights;
  if (!examples.groups.empty()) elements.group = at::tensor(examples.groups, at::kLong);
  return elements;
}

FitResult fit(TrainableModel& model, const Examples& train, const Examples& validation,
              const std::vector<heads::TargetTransform>& transforms, std::array<double, 2> output_scale,
              const TrainerOptions& options, std::uint64_t seed, const RunFiles& files,
              const EpochCallback& on_epoch) {
  options.validate();
  if (train.empty()) throw InvalidInput("training: expected at least one training clip, got none");
  check_examples(train, transforms.size(), options);
  if (!validation.empty()) check_examples(validation, transforms.size(), options);
  if (options.patience > 0 && validation.empty())
    throw InvalidInput(
        "training.patience: early stopping needs validation clips (split.validation_fraction > 0), or patience = 0");
  return Run(model, train, validation, transforms, output_scale, options, seed, files).train(on_epoch);
}

}  // namespace qamro::training
