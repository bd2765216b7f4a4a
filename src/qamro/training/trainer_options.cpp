#include "qamro/training/trainer_options.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "qamro/core/error.h"
#include "qamro/data/regular_expression.h"

namespace qamro::training {
namespace {

void check(bool holds, const LossOptions& loss, std::string_view key, std::string_view expected,
           double value) {
  if (!holds)
    throw InvalidInput(
        fmt::format("loss.{}.{}: expected {}, got {}", name_of(loss.kind), key, expected, value));
}

void check(bool holds, std::string_view key, std::string_view expected, double value) {
  if (!holds) throw InvalidInput(fmt::format("{}: expected {}, got {}", key, expected, value));
}

void check_groups(const OptimizerOptions& optimizer) {
  for (const ParameterGroup& group : optimizer.parameter_groups) {
    check(not_negative(group.learning_rate_scale), "optimizer.parameter_groups.learning_rate_scale",
          "a number >= 0 (0: frozen)", group.learning_rate_scale);
    const data::RegularExpression valid("optimizer.parameter_groups.name", group.name);
  }
}

}  // namespace

void LossOptions::validate() const {
  check(not_negative(weight), *this, "weight", "a number >= 0", weight);
  check(positive(delta), *this, "delta", "a number > 0", delta);
  check(std::isfinite(margin), *this, "margin", "a finite number", margin);
  check(not_negative(margin_scale), *this, "margin_scale", "a number >= 0", margin_scale);
  check(not_negative(preference_factor), *this, "preference_factor", "a number >= 0", preference_factor);
  check(positive(temperature), *this, "temperature", "a number > 0", temperature);
  check(positive(sigma), *this, "sigma", "a number > 0", sigma);
  check(truncation >= 0, *this, "truncation", "a number >= 0 (0: all ranks)",
        static_cast<double>(truncation));
  check(positive(regularization_strength), *this, "regularization_strength", "a number > 0",
        regularization_strength);
  const bool has_table = quality != QualitySource::kBatch && quality != QualitySource::kScale;
  if (has_table && scale != LossScale::kOutput)
    throw InvalidInput(fmt::format(
        "loss.ranking.quality: the table of {} is for labels as collected: it needs scale = \"output\"",
        name_of(quality)));
}

bool is_ranking_loss(LossKind kind) {
  return kind != LossKind::kHuber && kind != LossKind::kMse && kind != LossKind::kL1;
}

double OptimizerOptions::learning_rate_at(std::int64_t epoch, std::int64_t max_epochs) const {
  if (epoch <= warmup_epochs)
    return learning_rate * static_cast<double>(epoch) / static_cast<double>(warmup_epochs);
  if (schedule == Schedule::kConstant) return learning_rate;
  const double progress =
      static_cast<double>(epoch - warmup_epochs - 1) / static_cast<double>(max_epochs - warmup_epochs);
  return learning_rate * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
}

void TrainerOptions::validate() const {
  if (losses.empty()) throw InvalidInput("loss: expected at least one [[loss]], got none");
  for (const LossOptions& loss : losses) loss.validate();
  check(not_negative(optimizer.learning_rate), "optimizer.learning_rate", "a number >= 0",
        optimizer.learning_rate);
  check(not_negative(optimizer.weight_decay), "optimizer.weight_decay", "a number >= 0",
        optimizer.weight_decay);
  check(optimizer.momentum >= 0.0 && optimizer.momentum < 1.0, "optimizer.momentum", "a number in [0, 1)",
        optimizer.momentum);
  check(optimizer.warmup_epochs >= 0, "optimizer.warmup_epochs", "a number >= 0",
        static_cast<double>(optimizer.warmup_epochs));
  check(not_negative(optimizer.clip_norm), "optimizer.clip_norm", "a number >= 0 (0: not clipped)",
        optimizer.clip_norm);
  check(optimizer.layer_decay > 0.0 && optimizer.layer_decay <= 1.0, "optimizer.layer_decay",
        "a number in (0, 1]", optimizer.layer_decay);
  check_groups(optimizer);
  check(micro_batch >= 0, "training.micro_batch", "a number >= 0 (0: the whole batch)",
        static_cast<double>(micro_batch));
  check(batch_size >= 0, "training.batch_size", "a number >= 0 (0: all clips)",
        static_cast<double>(batch_size));
  check(max_epochs >= 1, "training.max_epochs", "a number >= 1", static_cast<double>(max_epochs));
  check(patience >= 0, "training.patience", "a number >= 0", static_cast<double>(patience));
  check(not_negative(checkpoint_interval_seconds), "training.checkpoint_interval_seconds", "a number >= 0",
        checkpoint_interval_seconds);
}

}  // namespace qamro::training
