#include "qamro/training/early_stopping.h"

#include <cmath>

namespace qamro::training {

bool EarlyStopping::update(std::int64_t epoch, std::optional<double> value) {
  if (!value || std::isnan(*value)) return false;
  const bool is_better =
      !best_value_ || (direction_ == Direction::kLower ? *value < *best_value_ : *value > *best_value_);
  if (is_better) restore(epoch, value);
  return is_better;
}

bool EarlyStopping::should_stop(std::int64_t epoch) const {
  return patience_ > 0 && epoch - best_epoch_ >= patience_;
}

void EarlyStopping::restore(std::int64_t best_epoch, std::optional<double> best_value) {
  best_epoch_ = best_epoch;
  best_value_ = best_value;
}

}  // namespace qamro::training
