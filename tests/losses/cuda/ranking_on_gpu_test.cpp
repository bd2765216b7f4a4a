// The tensors' side of the GPU's loss. Here its kernels are ranking_on_cpu's, so that CPU tensors stand in
// for CUDA ones; everything but the stream is what a GPU runs.
#include "qamro/losses/ranking_on_gpu.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>
#include <limits>

#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Batch {
  at::Tensor pred, target;
  RankingElements elements;
};

Batch batch_of(at::ScalarType dtype, at::IntArrayRef shape) {
  at::manual_seed(7);
  Batch batch;
  batch.target = at::randint(1, 6, shape, at::kDouble).to(dtype);
  batch.pred = (batch.target + at::randn(shape, at::kDouble).to(dtype)).set_requires_grad(true);
  batch.elements.weight = at::randint(0, 4, {shape[0]}, at::kDouble).to(dtype);
  batch.elements.group = at::randint(0, 3, {shape[0]}, at::kLong);
  return batch;
}

at::Tensor gradient_of(const at::Tensor& loss, const at::Tensor& pred) {
  return torch::autograd::grad({loss}, {pred})[0];
}

void expect_close(const at::Tensor& got, const at::Tensor& want, double tolerance) {
  ASSERT_EQ(got.scalar_type(), want.scalar_type());
  ASSERT_EQ(got.sizes(), want.sizes());
  EXPECT_TRUE(at::allclose(got, want, tolerance, tolerance)) << got << "\nexpected\n" << want;
}

TEST(RankingOnGpu, ValueAndGradientAreTheCpus) {
  for (const auto dtype : {at::kDouble, at::kFloat})
    for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{{40}, {40, 3}, {0}, {0, 2}})
      for (const auto reduction : {Reduction::kMean, Reduction::kSum})
        for (const auto scope : {PairScope::kAll, PairScope::kWithinGroups, PairScope::kAcrossGroups}) {
          const Batch batch = batch_of(dtype, shape);
          if (shape.size() == 2) batch.target.select(1, 1).fill_(kNone);  // an axis without a pair
          RankingOptions options;
          options.reduction = reduction;
          options.scope = scope;
          const at::Tensor got = ranking_loss_on_gpu(batch.pred, batch.target, options, batch.elements);
          const at::Tensor want = ranking_loss(batch.pred, batch.target, options, batch.elements);
          const double tolerance = dtype == at::kDouble ? 1e-12 : 1e-6;
          expect_close(got, want, tolerance);
          expect_close(gradient_of(2 * got, batch.pred), gradient_of(2 * want, batch.pred), tolerance);
        }
}

TEST(RankingOnGpu, PerAxis) {
  const Batch batch = batch_of(at::kDouble, {30, 4});
  batch.target.select(1, 2).fill_(kNone);
  const AxisRankingLosses got = ranking_loss_per_axis_on_gpu(batch.pred, batch.target, {}, {});
  const AxisRankingLosses want = ranking_loss_per_axis(batch.pred, batch.target, {}, {});
  expect_close(got.losses, want.losses, 1e-12);
  EXPECT_EQ(got.pairs, want.pairs);
  const at::Tensor outer = at::tensor({1.0, 2.0, 3.0, 4.0});
  expect_close(gradient_of((outer * got.losses).sum(), batch.pred),
               gradient_of((outer * want.losses).sum(), batch.pred), 1e-12);
}

TEST(RankingOnGpu, TensorsThatAreNotContiguous) {
  const Batch batch = batch_of(at::kDouble, {20, 3});
  const at::Tensor pred = batch.pred.detach().t().contiguous().t(), target = batch.target.slice(1, 0, 3);
  EXPECT_FALSE(pred.is_contiguous());
  expect_close(ranking_loss_on_gpu(pred, target, {}, {}), ranking_loss(pred, target), 1e-12);
}

TEST(RankingOnGpu, BadValuesAreNaNWithoutWaitingAndThrowWithIt) {
  const at::Tensor target = at::tensor({1.0, 2.0, 3.0}, at::kDouble);
  const at::Tensor pred = at::tensor({1.0, std::numeric_limits<double>::infinity(), 2.0}, at::kDouble);
  EXPECT_TRUE(std::isnan(ranking_loss_on_gpu(pred, target, {}, {}).item<double>()));
  EXPECT_THAT([&] { ranking_loss_per_axis_on_gpu(pred, target, {}, {}); },
              ThrowsMessage<InvalidInput>(HasSubstr("pred: expected finite values")));
  RankingOptions options;
  options.quality_range = {{0.0, 2.0}};
  EXPECT_THAT([&] { ranking_loss_per_axis_on_gpu(target, target, options, {}); },
              ThrowsMessage<InvalidInput>(HasSubstr("within quality_range")));
  RankingElements elements;
  elements.weight = -target;
  EXPECT_THAT([&] { ranking_loss_per_axis_on_gpu(target, target, {}, elements); },
              ThrowsMessage<InvalidInput>(HasSubstr("weight: expected finite numbers >= 0")));
}

TEST(RankingOnGpu, FormsAreCheckedAsOnTheCpu) {
  const at::Tensor three = at::tensor({1.0, 2.0, 3.0}, at::kDouble);
  const auto refuses = [&](const at::Tensor& pred, const at::Tensor& target, const RankingElements& elements,
                           const RankingOptions& options, const char* says) {
    EXPECT_THAT([&] { ranking_loss_on_gpu(pred, target, options, elements); },
                ThrowsMessage<InvalidInput>(HasSubstr(says)));
  };
  refuses(three, at::zeros({2}, at::kDouble), {}, {}, "target: expected pred's shape [3], got [2]");
  refuses(three.to(at::kLong), three, {}, {}, "pred: expected float32 or float64");
  refuses(three, three.to(at::kMeta), {}, {}, "target: expected a tensor on cpu, got meta");
  RankingElements elements;
  elements.weight = three.to(at::kMeta);
  refuses(three, three, elements, {}, "weight: expected a tensor on cpu, got meta");
  elements.weight = at::Tensor();
  elements.group = three;
  refuses(three, three, elements, {}, "group: expected int64 [3]");
  elements.group = at::zeros({3}, at::device(at::kMeta).dtype(at::kLong));
  refuses(three, three, elements, {}, "group: expected a tensor on cpu, got meta");
  RankingOptions options;
  options.margin_scale = -1;
  refuses(three, three, {}, options, "margin_scale");
  options = {};
  options.scope = PairScope::kWithinGroups;
  refuses(three, three, {}, options, "group: expected int64 group numbers");
}

}  // namespace
}  // namespace qamro::losses
