#include "qamro/nn/inference_layers.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "qamro/core/error.h"

namespace qamro::nn {
namespace {

torch::nn::BatchNorm1d random_norm(std::int64_t channels) {
  torch::nn::BatchNorm1d norm(channels);
  const at::NoGradGuard no_grad;
  norm->weight.normal_(1, 0.5);
  norm->bias.normal_();
  norm->running_mean.normal_();
  norm->running_var.uniform_(1e-6, 3);
  norm->eval();
  norm->to(at::kDouble);
  return norm;
}

TEST(Affine, TwoNormsAndALinearLayerAreOne) {
  at::manual_seed(3);
  torch::nn::BatchNorm1d first = random_norm(12), second = random_norm(12);
  torch::nn::Linear linear(12, 5);
  linear->to(at::kDouble);
  const at::NoGradGuard no_grad;
  const at::Tensor input = at::randn({7, 12}, at::kDouble);
  const FoldedLinear folded =
      fold(Affine::chain(inference_affine(*first), inference_affine(*second)), *linear);
  const at::Tensor expected = linear(second(first(input)));
  const at::Tensor found = at::linear(input, folded.weight, folded.bias);
  EXPECT_LT((found - expected).abs().max().item<double>(), 1e-9 * expected.abs().max().item<double>());
}

TEST(Affine, NeedsRunningStatistics) {
  torch::nn::BatchNorm1d norm(torch::nn::BatchNorm1dOptions(4).track_running_stats(false));
  EXPECT_THROW(inference_affine(*norm), InvalidInput);
}

}  // namespace
}  // namespace qamro::nn
