#include "qamro/training/objective.h"

#include <ATen/ATen.h>

#include <utility>

#include "qamro/losses/listwise.h"
#include "qamro/losses/regression.h"

namespace qamro::training {
namespace {

using losses::RankingElements;

// quality_range: the ends of the output scale, converted to the scale of the targets.
losses::RankingOptions ranking_options(const LossOptions& loss, std::array<double, 2> quality_range) {
  losses::RankingOptions options;
  options.margin = loss.margin;
  options.margin_scale = loss.margin_scale;
  options.preference_factor = loss.preference_factor;
  options.scope = loss.pairs;
  if (loss.quality == QualitySource::kScale)
    options.quality_range = quality_range;
  else if (loss.quality != QualitySource::kBatch)
    options.quality_table = losses::QualityTable::published(name_of(loss.quality));
  return options;
}

// pred, target: [n].
at::Tensor one_loss(const LossOptions& loss, const at::Tensor& pred, const at::Tensor& target,
                    std::array<double, 2> quality_range, const RankingElements& elements) {
  switch (loss.kind) {
    case LossKind::kHuber:
      return losses::huber_loss(pred, target, loss.delta);
    case LossKind::kMse:
      return losses::mse_loss(pred, target);
    case LossKind::kL1:
      return losses::l1_loss(pred, target);
    case LossKind::kListNet:
      return losses::listnet_loss(pred, target, loss.temperature);
    case LossKind::kListMle:
      return losses::listmle_loss(pred, target, {.position_weights = loss.position_weights, .weights = {}});
    case LossKind::kRankNet:
      return losses::ranknet_loss(pred, target, loss.sigma);
    case LossKind::kLambdaRank:
      return losses::lambda_rank_loss(pred, target,
                                      {.metric = loss.target,
                                       .sigma = loss.sigma,
                                       .gain = loss.gain,
                                       .truncation = loss.truncation,
                                       .reduction = losses::Reduction::kMean});
    case LossKind::kSpearman:
      return losses::spearman_loss(pred, target, loss.regularization_strength);
    case LossKind::kRanking:
      break;
  }
  return losses::ranking_loss(pred, target, ranking_options(loss, quality_range), elements);
}

// Transforms the ends like the labels and in their precision, so that a label at an end stays within
// the scale.
std::array<double, 2> to_training(const heads::TargetTransform& transform, std::array<double, 2> scale,
                                  const at::Tensor& like) {
  const at::Tensor ends = transform.to_training(at::tensor(scale, at::kDouble).to(like.scalar_type()));
  return {ends[0].item<double>(), ends[1].item<double>()};
}

// The loss with its axis' own table (PQ, PC, CE or CU) if `quality` is kAxes, otherwise unchanged.
LossOptions of_axis(LossOptions loss, std::size_t axis) {
  constexpr std::array kTables = {QualitySource::kPq, QualitySource::kPc, QualitySource::kCe,
                                  QualitySource::kCu};
  if (loss.quality == QualitySource::kAxes) loss.quality = kTables.at(axis);
  return loss;
}

}  // namespace

Objective::Objective(std::vector<LossOptions> losses, std::vector<heads::TargetTransform> transforms,
                     std::array<double, 2> output_scale)
    : losses_(std::move(losses)), transforms_(std::move(transforms)), output_scale_(output_scale) {}

at::Tensor Objective::term(const LossOptions& loss, const heads::TargetTransform& transform,
                           const at::Tensor& pred, const at::Tensor& labels,
                           const RankingElements& elements) const {
  if (loss.scale == LossScale::kOutput)
    return one_loss(loss, transform.to_label(pred), labels, output_scale_, elements);
  return one_loss(loss, transform.bounded(pred), transform.to_training(labels),
                  to_training(transform, output_scale_, labels), elements);
}

Objective::Value Objective::operator()(const at::Tensor& pred, const at::Tensor& labels,
                                       const RankingElements& elements) const {
  Value value;
  for (const LossOptions& loss : losses_) {
    double part = 0.0;
    for (std::size_t axis = 0; axis < transforms_.size(); ++axis) {
      const auto column = static_cast<std::int64_t>(axis);
      const at::Tensor one = term(of_axis(loss, axis), transforms_[axis], pred.select(1, column),
                                  labels.select(1, column), elements);
      part += one.item<double>();
      const at::Tensor weighted = one * loss.weight;
      value.total = value.total.defined() ? value.total + weighted : weighted;
    }
    value.parts.push_back(part);
  }
  return value;
}

}  // namespace qamro::training
