#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <vector>

#include "qamro/heads/head_model.h"
#include "qamro/losses/ranking.h"
#include "qamro/training/trainer_options.h"

namespace qamro::training {

// The recipe's losses, weighted and summed, each summed over axes.
class Objective {
 public:
  // transforms: one per axis. output_scale: lowest and highest label.
  Objective(std::vector<LossOptions> losses, std::vector<heads::TargetTransform> transforms,
            std::array<double, 2> output_scale = {1.0, 5.0});

  struct Value {
    at::Tensor total;           // scalar, differentiable with respect to pred
    std::vector<double> parts;  // each loss before its weight, summed over axes
  };
  // pred: [n, axes] float32, training scale, before the bounds of its transform; labels: [n, axes] float32,
  // output scale, NaN where missing. `elements`: for the pairwise ranking loss, weight [n].
  Value operator()(const at::Tensor& pred, const at::Tensor& labels,
                   const losses::RankingElements& elements = {}) const;

 private:
  at::Tensor term(const LossOptions& loss, const heads::TargetTransform& transform, const at::Tensor& pred,
                  const at::Tensor& labels, const losses::RankingElements& elements) const;

  std::vector<LossOptions> losses_;
  std::vector<heads::TargetTransform> transforms_;
  std::array<double, 2> output_scale_;
};

}  // namespace qamro::training
