#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "qamro/predictors/head_model.h"
#include "qamro/training/trainer_options.h"

namespace qamro::training {

// The recipe's losses, weighted and summed, each summed over axes.
class Objective {
 public:
  // transforms: one an axis.
  Objective(std::vector<LossOptions> losses, std::vector<predictors::TargetTransform> transforms);

  struct Value {
    at::Tensor total;           // scalar, differentiable by pred
    std::vector<double> parts;  // of each loss, before its weight, summed over axes
  };
  // pred [n, axes] float32, training scale; labels [n, axes] float32, output scale, NaN where missing.
  Value operator()(const at::Tensor& pred, const at::Tensor& labels) const;

 private:
  std::vector<LossOptions> losses_;
  std::vector<predictors::TargetTransform> transforms_;
};

}  // namespace qamro::training
