#include "qamro/training/loss_options.h"

#include <fmt/format.h>

#include <cmath>

#include "qamro/core/error.h"

namespace qamro::training {
namespace {

void check(bool holds, const LossOptions& loss, std::string_view key, std::string_view expected,
           double value) {
  if (!holds)
    throw InvalidInput(
        fmt::format("loss.{}.{}: expected {}, got {}", name_of(loss.kind), key, expected, value));
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

}  // namespace qamro::training
