#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "qamro/heads/head_model.h"
#include "qamro/training/objective.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// Remembers the best value of a monitored quantity and says when to stop.
class EarlyStopping {
 public:
  enum class Direction { kLower, kHigher };  // which is better

  // patience: stop after this many epochs without a better value; 0: never.
  EarlyStopping(std::int64_t patience, Direction direction) : patience_(patience), direction_(direction) {}

  // True if `value` is better than all before it. A missing value (an undefined correlation) or NaN is never
  // better, and neither is an equal value, so the earliest of equal values stays the best.
  bool update(std::int64_t epoch, std::optional<double> value);
  bool should_stop(std::int64_t epoch) const;

  std::optional<double> best_value() const { return best_value_; }
  std::int64_t best_epoch() const { return best_epoch_; }  // 0: none yet
  // Continues where another run stopped.
  void restore(std::int64_t best_epoch, std::optional<double> best_value);

 private:
  std::int64_t patience_;
  Direction direction_;
  std::int64_t best_epoch_ = 0;
  std::optional<double> best_value_;
};

// The objective and the metrics of scores of held-out clips. pred: [n, axes] float32, training scale. If
// predictions contain NaN or infinity, the loss is NaN and there are no metrics.
ValidationMetrics validate(const at::Tensor& pred, const Examples& examples,
                           const std::vector<heads::TargetTransform>& transforms, const Objective& objective);

// The value that early stopping watches; empty if it is undefined or the systems are unknown.
std::optional<double> monitored_value(const ValidationMetrics& metrics, Monitor monitor);
bool higher_is_better(Monitor monitor);
bool is_of_systems(Monitor monitor);

}  // namespace qamro::training
