// What all listwise losses promise, whatever their formula.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <utility>

#include "losses/loss_checks.h"
#include "losses/pairwise_oracle.h"
#include "qamro/losses/listwise.h"

namespace qamro::losses {
namespace {

struct Listwise {
  std::string name;
  std::function<at::Tensor(const at::Tensor& pred, const at::Tensor& target)> loss;
};

void PrintTo(const Listwise& listwise, std::ostream* out) {
  *out << listwise.name;
}

class EveryListwiseLoss : public ::testing::TestWithParam<Listwise> {
 protected:
  at::Tensor loss(const at::Tensor& pred, const at::Tensor& target) const {
    return GetParam().loss(pred, target);
  }
  at::Tensor gradient(const at::Tensor& pred, const at::Tensor& target) const {
    return gradient_of([&](const at::Tensor& p) { return loss(p, target); }, pred);
  }
};

struct Batch {
  at::Tensor pred;
  at::Tensor target;
};

Batch batch(std::size_t n, std::uint64_t levels, std::uint64_t seed) {
  const RandomCase data = random_case(n, levels, seed, 3.0);
  return {column(data.prediction), column(data.target)};
}

TEST_P(EveryListwiseLoss, GradientByCentralDifferences) {
  for (const std::uint64_t levels : {0U, 4U}) {
    const Batch data = batch(23, levels, 5);
    expect_gradient([&](const at::Tensor& p) { return loss(p, data.target); }, data.pred);
  }
}

TEST_P(EveryListwiseLoss, GradientIsScaledByWhatFollows) {
  const Batch data = batch(9, 0, 6);
  const at::Tensor p = parameter(data.pred);
  (loss(p, data.target) * 3.0).backward();
  EXPECT_TRUE(at::allclose(p.grad(), 3 * gradient(data.pred, data.target), 1e-12));
  EXPECT_GT(p.grad().abs().max().item<double>(), 1e-6);
}

TEST_P(EveryListwiseLoss, ComputesInDoubleForFloat) {
  const Batch data = batch(200, 5, 7);
  const at::Tensor p = data.pred.to(at::kFloat);
  const at::Tensor y = data.target.to(at::kFloat);
  const at::Tensor single = loss(p, y);
  EXPECT_EQ(single.scalar_type(), at::kFloat);
  EXPECT_EQ(single.item<float>(), loss(p.to(at::kDouble), y.to(at::kDouble)).to(at::kFloat).item<float>());
  EXPECT_TRUE(at::equal(gradient(p, y), gradient(p.to(at::kDouble), y.to(at::kDouble)).to(at::kFloat)));
}

TEST_P(EveryListwiseLoss, IgnoresTheOrderOfElementsWithoutTies) {
  const Batch data = batch(40, 0, 8);
  const at::Tensor order = at::arange(39, -1, -1);
  EXPECT_NEAR(loss(data.pred, data.target).item<double>(),
              loss(data.pred.index_select(0, order), data.target.index_select(0, order)).item<double>(),
              1e-12);
  EXPECT_TRUE(at::allclose(gradient(data.pred, data.target).index_select(0, order),
                           gradient(data.pred.index_select(0, order), data.target.index_select(0, order)),
                           1e-9, 1e-13));
}

TEST_P(EveryListwiseLoss, IgnoresACommonOffsetOfPredictions) {
  const Batch data = batch(40, 5, 9);
  const at::Tensor grid = (data.pred * 1024).round() / 1024;  // so that adding the offset is exact
  EXPECT_NEAR(loss(grid, data.target).item<double>(), loss(grid + 1048576.0, data.target).item<double>(),
              1e-12);
  EXPECT_TRUE(
      at::allclose(gradient(grid, data.target), gradient(grid + 1048576.0, data.target), 1e-9, 1e-13));
  EXPECT_NEAR(gradient(grid, data.target).sum().item<double>(), 0, 1e-13);
}

TEST_P(EveryListwiseLoss, BetterOrderCostsLess) {
  const at::Tensor y = column({1.0, 2.0, 3.0, 4.0});
  EXPECT_LT(loss(y, y).item<double>(), loss(column({1.0, 3.0, 2.0, 4.0}), y).item<double>());
  EXPECT_LT(loss(column({1.0, 3.0, 2.0, 4.0}), y).item<double>(), loss(-y, y).item<double>());
}

TEST_P(EveryListwiseLoss, MissingLabelsLeaveTheirAxis) {
  const Batch data = batch(6, 0, 10);
  at::Tensor y = data.target.clone();
  y[1] = kNan;
  y[4] = kNan;
  const at::Tensor rows = at::tensor({0, 2, 3, 5}, at::kLong);
  EXPECT_EQ(loss(data.pred, y).item<double>(),
            loss(data.pred.index_select(0, rows), y.index_select(0, rows)).item<double>());
  const at::Tensor slope = gradient(data.pred, y);
  EXPECT_EQ(slope[1].item<double>(), 0.0);
  EXPECT_EQ(slope[4].item<double>(), 0.0);
  EXPECT_TRUE(at::equal(slope.index_select(0, rows),
                        gradient(data.pred.index_select(0, rows), y.index_select(0, rows))));
}

TEST_P(EveryListwiseLoss, AveragesTheAxesThatCount) {
  const Batch one = batch(12, 0, 11);
  const Batch two = batch(12, 3, 12);
  const at::Tensor p = at::stack({one.pred, two.pred, one.pred, two.pred}, 1);
  const at::Tensor y =
      at::stack({one.target, two.target, at::full_like(one.target, kNan), at::full_like(one.target, 2.0)}, 1);
  const double want = (loss(one.pred, one.target) + loss(two.pred, two.target)).item<double>() / 2;
  EXPECT_NEAR(loss(p, y).item<double>(), want, 1e-14);
  const at::Tensor slope = gradient(p, y);
  EXPECT_TRUE(at::allclose(slope.select(1, 0), gradient(one.pred, one.target) / 2, 1e-12));
  EXPECT_TRUE(at::allclose(slope.select(1, 1), gradient(two.pred, two.target) / 2, 1e-12));
  EXPECT_TRUE(at::equal(slope.slice(1, 2, 4), at::zeros({12, 2}, at::kDouble)));
}

TEST_P(EveryListwiseLoss, StridedInputs) {
  const at::Tensor p = at::arange(24, at::kDouble).sin().reshape({2, 12}).t();
  const at::Tensor y = (2 + at::arange(48, at::kDouble).cos()).reshape({24, 2}).slice(0, 0, 24, 2);
  EXPECT_EQ(loss(p, y).item<double>(), loss(p.contiguous(), y.contiguous()).item<double>());
}

TEST_P(EveryListwiseLoss, WithoutTwoLabelsIsZeroAndConnected) {
  const std::vector<std::pair<at::Tensor, at::Tensor>> cases = {
      {column({}), column({})},
      {column({1.0}), column({2.0})},
      {column({1.0, 2.0}), column({3.0, 3.0})},
      {column({1.0, 2.0}), column({kNan, kNan})},
      {column({1.0, 2.0}), column({kNan, 3.0})},
      {column({1e308, 1e308}), column({3.0, 3.0})},
      {at::zeros({0, 2}, at::kDouble), at::zeros({0, 2}, at::kDouble)},
      {at::zeros({2, 0}, at::kDouble), at::zeros({2, 0}, at::kDouble)},
  };
  for (const auto& [pred, target] : cases) {
    const at::Tensor p = parameter(pred);
    const at::Tensor value = loss(p, target);
    EXPECT_EQ(value.dim(), 0);
    EXPECT_EQ(value.item<double>(), 0.0);
    ASSERT_TRUE(value.requires_grad());
    value.backward();
    EXPECT_TRUE(at::equal(p.grad(), at::zeros_like(pred)));
  }
}

TEST_P(EveryListwiseLoss, SecondDerivativeIsRefused) {
  const at::Tensor p = parameter(column({0.0, 1.0}));
  const auto first = torch::autograd::grad({loss(p, column({2.0, 1.0}))}, {p}, {}, true, true)[0];
  EXPECT_THAT(message_of([&] { first.sum().backward(); }),
              ::testing::HasSubstr("_loss: backward: expected a first derivative, got a second"));
}

TEST_P(EveryListwiseLoss, AllPredictionsEqualIsFinite) {
  const at::Tensor slope = gradient(at::full({5}, 2.5, at::kDouble), column({1.0, 2.0, 2.0, 3.0, 5.0}));
  EXPECT_TRUE(slope.isfinite().all().item<bool>());
}

TEST_P(EveryListwiseLoss, RefusesAndNamesItselfAndTheArgument) {
  using ::testing::HasSubstr;
  const at::Tensor y = column({1.0, 2.0});
  const auto message = [&](const at::Tensor& pred, const at::Tensor& target) {
    return message_of([&] { loss(pred, target); });
  };
  EXPECT_THAT(message(column({1.0, kNan}), y),
              HasSubstr("_loss: pred: expected finite values, got nan at [1]"));
  EXPECT_THAT(message(y, column({1.0})), HasSubstr("_loss: target: expected pred's shape [2], got [1]"));
  EXPECT_THAT(message(y, y.to(at::kFloat)), HasSubstr("target: expected pred's dtype Double, got Float"));
  EXPECT_THAT(message(at::zeros({1, 1, 1}), at::zeros({1, 1, 1})), HasSubstr("got shape [1, 1, 1]"));
}

std::vector<Listwise> every_loss() {
  const ListMleOptions exponential{.position_weights = PositionWeights::kExponential, .weights = {}};
  const LambdaRankOptions spearman{.metric = SwapMetric::kSpearman};
  return {
      {"ListNet", [](const auto& p, const auto& y) { return listnet_loss(p, y); }},
      {"ListNetCold", [](const auto& p, const auto& y) { return listnet_loss(p, y, 0.25); }},
      {"ListMle", [](const auto& p, const auto& y) { return listmle_loss(p, y); }},
      {"PositionAwareListMle",
       [exponential](const auto& p, const auto& y) { return listmle_loss(p, y, exponential); }},
      {"RankNet", [](const auto& p, const auto& y) { return ranknet_loss(p, y); }},
      {"SteepRankNet", [](const auto& p, const auto& y) { return ranknet_loss(p, y, 3.0); }},
      {"NdcgLambdaRank", [](const auto& p, const auto& y) { return lambda_rank_loss(p, y); }},
      {"SpearmanLambdaRank",
       [spearman](const auto& p, const auto& y) { return lambda_rank_loss(p, y, spearman); }},
      {"Spearman", [](const auto& p, const auto& y) { return spearman_loss(p, y); }},
      {"SharpSpearman", [](const auto& p, const auto& y) { return spearman_loss(p, y, 0.3); }},
  };
}

INSTANTIATE_TEST_SUITE_P(Losses, EveryListwiseLoss, ::testing::ValuesIn(every_loss()),
                         [](const auto& parameters) { return parameters.param.name; });

}  // namespace
}  // namespace qamro::losses
