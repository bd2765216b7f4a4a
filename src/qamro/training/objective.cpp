#include "qamro/training/objective.h"

#include <ATen/ATen.h>

#include <utility>

#include "qamro/losses/ranking.h"
#include "qamro/losses/regression.h"

namespace qamro::training {
namespace {

// pred and target [n].
at::Tensor one_loss(const LossOptions& options, const at::Tensor& pred, const at::Tensor& target) {
  switch (options.kind) {
    case LossKind::kHuber:
      return losses::huber_loss(pred, target, options.delta);
    case LossKind::kMse:
      return losses::mse_loss(pred, target);
    case LossKind::kL1:
      return losses::l1_loss(pred, target);
    case LossKind::kRanking:
      break;
  }
  losses::RankingOptions ranking;
  ranking.margin = options.margin;
  ranking.margin_scale = options.margin_scale;
  ranking.preference_factor = options.preference_factor;
  return losses::ranking_loss(pred, target, ranking);
}

}  // namespace

Objective::Objective(std::vector<LossOptions> losses, std::vector<predictors::TargetTransform> transforms)
    : losses_(std::move(losses)), transforms_(std::move(transforms)) {}

Objective::Value Objective::operator()(const at::Tensor& pred, const at::Tensor& labels) const {
  Value value;
  for (const LossOptions& loss : losses_) {
    double part = 0.0;
    for (std::size_t axis = 0; axis < transforms_.size(); ++axis) {
      const predictors::TargetTransform& transform = transforms_[axis];
      const at::Tensor scores = pred.select(1, static_cast<std::int64_t>(axis));
      const at::Tensor targets = labels.select(1, static_cast<std::int64_t>(axis));
      const at::Tensor term = loss.scale == LossScale::kTraining
                                  ? one_loss(loss, scores, transform.to_training(targets))
                                  : one_loss(loss, transform.to_label(scores), targets);
      part += term.item<double>();
      const at::Tensor weighted = term * loss.weight;
      value.total = value.total.defined() ? value.total + weighted : weighted;
    }
    value.parts.push_back(part);
  }
  return value;
}

}  // namespace qamro::training
