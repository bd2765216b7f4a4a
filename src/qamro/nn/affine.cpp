#include "qamro/nn/affine.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "qamro/core/error.h"

namespace qamro::nn {

Affine Affine::chain(const Affine& first, const Affine& second) {
  return {first.scale * second.scale, first.shift * second.scale + second.shift};
}

Affine inference_affine(const torch::nn::BatchNorm1dImpl& norm) {
  if (!norm.running_mean.defined() || !norm.running_var.defined())
    throw InvalidInput("BatchNorm: expected running statistics, got none");
  const at::NoGradGuard no_grad;
  const at::Tensor deviation = at::sqrt(norm.running_var.to(at::kDouble) + norm.options.eps());
  const at::Tensor scale = norm.weight.to(at::kDouble) / deviation;
  return {scale, norm.bias.to(at::kDouble) - norm.running_mean.to(at::kDouble) * scale};
}

FoldedLinear fold(const Affine& affine, const torch::nn::LinearImpl& linear) {
  const at::NoGradGuard no_grad;
  const at::Tensor weight = linear.weight.to(at::kDouble);
  return {weight * affine.scale, linear.bias.to(at::kDouble) + at::mv(weight, affine.shift)};
}

}  // namespace qamro::nn
