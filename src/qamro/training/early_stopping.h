#pragma once

#include <cstdint>
#include <optional>

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

}  // namespace qamro::training
