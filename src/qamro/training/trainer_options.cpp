#include "qamro/training/trainer_options.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "qamro/core/error.h"

namespace qamro::training {
namespace {

void check(bool holds, std::string_view key, std::string_view expected, double value) {
  if (!holds) throw InvalidInput(fmt::format("{}: expected {}, got {}", key, expected, value));
}

bool not_negative(double value) {
  return std::isfinite(value) && value >= 0.0;
}

void check_loss(const LossOptions& loss) {
  const std::string section = fmt::format("loss.{}", name_of(loss.kind));
  check(not_negative(loss.weight), section + ".weight", "a number >= 0", loss.weight);
  check(std::isfinite(loss.delta) && loss.delta > 0.0, section + ".delta", "a number > 0", loss.delta);
  check(std::isfinite(loss.margin), section + ".margin", "a finite number", loss.margin);
  check(not_negative(loss.margin_scale), section + ".margin_scale", "a number >= 0", loss.margin_scale);
  check(not_negative(loss.preference_factor), section + ".preference_factor", "a number >= 0",
        loss.preference_factor);
}

}  // namespace

std::string_view name_of(LossKind kind) {
  switch (kind) {
    case LossKind::kHuber:
      return "huber";
    case LossKind::kMse:
      return "mse";
    case LossKind::kL1:
      return "l1";
    case LossKind::kRanking:
      return "ranking";
  }
  return "";
}

std::string_view name_of(LossScale scale) {
  return scale == LossScale::kTraining ? "training" : "output";
}

std::string_view name_of(OptimizerKind kind) {
  return kind == OptimizerKind::kSgd ? "sgd" : "adamw";
}

std::string_view name_of(Schedule schedule) {
  return schedule == Schedule::kConstant ? "constant" : "cosine";
}

std::string_view name_of(Monitor monitor) {
  switch (monitor) {
    case Monitor::kLoss:
      return "loss";
    case Monitor::kMse:
      return "mse";
    case Monitor::kLcc:
      return "lcc";
    case Monitor::kSrcc:
      return "srcc";
    case Monitor::kKtau:
      return "ktau";
  }
  return "";
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
  for (const LossOptions& loss : losses) check_loss(loss);
  check(not_negative(optimizer.learning_rate), "optimizer.learning_rate", "a number >= 0",
        optimizer.learning_rate);
  check(not_negative(optimizer.weight_decay), "optimizer.weight_decay", "a number >= 0",
        optimizer.weight_decay);
  check(optimizer.momentum >= 0.0 && optimizer.momentum < 1.0, "optimizer.momentum", "a number in [0, 1)",
        optimizer.momentum);
  check(optimizer.warmup_epochs >= 0, "optimizer.warmup_epochs", "a number >= 0",
        static_cast<double>(optimizer.warmup_epochs));
  check(batch_size >= 0, "training.batch_size", "a number >= 0 (0: all clips)",
        static_cast<double>(batch_size));
  check(max_epochs >= 1, "training.max_epochs", "a number >= 1", static_cast<double>(max_epochs));
  check(patience >= 0, "training.patience", "a number >= 0", static_cast<double>(patience));
  check(not_negative(checkpoint_interval_seconds), "training.checkpoint_interval_seconds", "a number >= 0",
        checkpoint_interval_seconds);
}

}  // namespace qamro::training
