#include "qamro/training/loss_options.h"

#include <fmt/format.h>

#include <cmath>

#include "qamro/core/error.h"
#include "qamro/training/finite_numbers.h"

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
        "loss.ranking.quality: the table of {} is one of labels as collected: it needs scale = \"output\"",
        name_of(quality)));
}

bool is_ranking_loss(LossKind kind) {
  return kind != LossKind::kHuber && kind != LossKind::kMse && kind != LossKind::kL1;
}

std::string_view name_of(LossKind kind) {
  constexpr std::array<std::string_view, kLossKinds.size()> names = {
      "huber", "mse", "l1", "ranking", "listnet", "listmle", "ranknet", "lambdarank", "spearman"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(LossScale scale) {
  return scale == LossScale::kTraining ? "training" : "output";
}

std::string_view name_of(QualitySource quality) {
  constexpr std::array<std::string_view, 7> names = {"batch", "scale", "PQ", "PC", "CE", "CU", "axes"};
  return names.at(static_cast<std::size_t>(quality));
}

std::string_view name_of(losses::PairScope scope) {
  constexpr std::array<std::string_view, 3> names = {"all", "within", "across"};
  return names.at(static_cast<std::size_t>(scope));
}

std::string_view name_of(losses::PositionWeights weights) {
  constexpr std::array<std::string_view, 3> names = {"uniform", "exponential", "given"};
  return names.at(static_cast<std::size_t>(weights));
}

std::string_view name_of(losses::SwapMetric metric) {
  return metric == losses::SwapMetric::kNdcg ? "ndcg" : "spearman";
}

std::string_view name_of(losses::Gain gain) {
  return gain == losses::Gain::kExponential ? "exponential" : "linear";
}

}  // namespace qamro::training
