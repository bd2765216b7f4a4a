#include "qamro/losses/ranking.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "losses/loss_checks.h"
#include "losses/pairwise_oracle.h"
#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// Eq. 1 to 3, mean over pairs, by the pair loop.
double oracle_mean(const std::vector<double>& p, const std::vector<double>& y,
                   const RankingOptions& options) {
  double low = kInf;
  double high = -kInf;
  for (const double label : y) low = std::min(low, label), high = std::max(high, label);
  std::vector<double> w;
  for (const double label : y)
    w.push_back(1 + (options.preference_factor - 1) * (high > low ? (label - low) / (high - low) : 0));
  const OracleResult sum = pairwise_oracle(p, y, w, options.margin, options.margin_scale);
  return sum.pairs == 0 ? 0 : static_cast<double>(sum.value) / static_cast<double>(sum.pairs);
}

TEST(RankingLoss, PaperEquationsOnThreeClips) {
  // Pairs (hi, lo): (2,0) hinge 0.2*4 - (2.5-3) = 1.3; (2,1) 0.2*2 - (2.5-2) < 0; (1,0) 0.2*2 - (2-3) = 1.4.
  // Weights by the higher label: q = 0, 0.5, 1 -> 1, 4, 7.
  const at::Tensor p = column({3.0, 2.0, 2.5});
  const at::Tensor y = column({1.0, 3.0, 5.0});
  EXPECT_NEAR(ranking_loss(p, y).item<double>(), (7 * 1.3 + 4 * 1.4) / 3, 1e-14);
  EXPECT_NEAR(ranking_loss(p, y, RankingOptions::adaptive_margin(0.2)).item<double>(), (1.3 + 1.4) / 3,
              1e-14);
  // Eq. 1 with margin 0.7: 0.7 + 0.5, 0.7 - 0.5, 0.7 + 1.
  EXPECT_NEAR(ranking_loss(p, y, RankingOptions::fixed_margin(0.7)).item<double>(), (1.2 + 0.2 + 1.7) / 3,
              1e-14);
  RankingOptions sum;
  sum.reduction = Reduction::kSum;
  EXPECT_NEAR(ranking_loss(p, y, sum).item<double>(), 7 * 1.3 + 4 * 1.4, 1e-13);
}

TEST(RankingLoss, GradientIsScaledByWhatFollows) {
  const at::Tensor p = parameter(column({3.0, 2.0, 2.5}));
  (ranking_loss(p, column({1.0, 3.0, 5.0})) * 3.0).backward();
  EXPECT_TRUE(at::allclose(p.grad(), column({11.0, -4.0, -7.0})));
}

TEST(RankingLoss, AsThePairLoopInBothDtypes) {
  for (const std::uint64_t levels : {0U, 5U}) {
    const RandomCase data = random_case(257, levels, 77 + levels);
    const double want = oracle_mean(data.prediction, data.target, {});
    const at::Tensor p = column(data.prediction);
    const at::Tensor y = column(data.target);
    EXPECT_NEAR(ranking_loss(p, y).item<double>(), want, 1e-13 * want);
    const at::Tensor single = ranking_loss(p.to(at::kFloat), y.to(at::kFloat));
    EXPECT_EQ(single.scalar_type(), at::kFloat);
    EXPECT_NEAR(single.item<double>(), want, 2e-6 * want);
  }
}

TEST(RankingLoss, GradientByCentralDifferences) {
  // Random real numbers: no hinge is within 1e-7 of its kink.
  RankingOptions options;
  options.margin = 0.1;
  const RandomCase data = random_case(24, 6, 5, 3.0);
  const at::Tensor y = column(data.target);
  const at::Tensor p = parameter(column(data.prediction));
  ranking_loss(p, y, options).backward();
  for (int64_t i = 0; i < p.numel(); ++i) {
    const double step = 1e-7;
    const at::Tensor up = p.detach().clone();
    const at::Tensor down = p.detach().clone();
    up[i] += step;
    down[i] -= step;
    const double slope =
        (ranking_loss(up, y, options) - ranking_loss(down, y, options)).item<double>() / (2 * step);
    EXPECT_NEAR(p.grad()[i].item<double>(), slope, 1e-6) << "element " << i;
  }
}

TEST(RankingLoss, MissingLabelsLeaveTheirAxis) {
  const at::Tensor p = parameter(at::tensor({3.0, 9.0, 2.0, -1.0, 2.5, 4.0}, at::kDouble).reshape({3, 2}));
  const at::Tensor y = at::tensor({1.0, 2.0, 3.0, kNan, 5.0, 1.0}, at::kDouble).reshape({3, 2});
  const AxisRankingLosses axes = ranking_loss_per_axis(p, y);
  EXPECT_THAT(axes.pairs, ::testing::ElementsAre(3, 1));
  EXPECT_NEAR(axes.losses[0].item<double>(), (7 * 1.3 + 4 * 1.4) / 3, 1e-14);
  EXPECT_EQ(axes.losses[1].item<double>(), 0.0);  // 0.2 - (9 - 4) < 0
  axes.losses.sum().backward();
  EXPECT_EQ(p.grad()[1][1].item<double>(), 0.0);
  EXPECT_FALSE(p.grad().isnan().any().item<bool>());
}

TEST(RankingLoss, AxisWithoutPairsDoesNotShrinkTheOthers) {
  const at::Tensor one = column({3.0, 2.0, 2.5});
  const at::Tensor labels = column({1.0, 3.0, 5.0});
  const at::Tensor p = at::stack({one, one, one}, 1);
  const at::Tensor y = at::stack({labels, at::full_like(labels, kNan), at::full_like(labels, 2.0)}, 1);
  EXPECT_EQ(ranking_loss(p, y).item<double>(), ranking_loss(one, labels).item<double>());
}

TEST(RankingLoss, SeveralAxesAreAveraged) {
  const at::Tensor p = at::randn({40, 3}, at::kDouble);
  const at::Tensor y = at::randn({40, 3}, at::kDouble);
  double sum = 0;
  for (int64_t axis = 0; axis < 3; ++axis)
    sum += ranking_loss(p.select(1, axis), y.select(1, axis)).item<double>();
  EXPECT_NEAR(ranking_loss(p, y).item<double>(), sum / 3, 1e-14);
}

TEST(RankingLoss, StridedInputs) {
  const at::Tensor p = at::randn({3, 40}, at::kDouble).t();
  const at::Tensor y = at::randn({80, 3}, at::kDouble).slice(0, 0, 80, 2);
  EXPECT_EQ(ranking_loss(p, y).item<double>(), ranking_loss(p.contiguous(), y.contiguous()).item<double>());
}

TEST(RankingLoss, WithoutPairsIsZeroAndConnected) {
  const std::vector<std::pair<at::Tensor, at::Tensor>> cases = {
      {column({}), column({})},
      {column({1.0}), column({2.0})},
      {column({1.0, 2.0}), column({3.0, 3.0})},
      {column({1.0, 2.0}), column({kNan, kNan})},
      {column({1.0, 2.0}), column({kNan, 3.0})},
      {at::zeros({0, 2}, at::kDouble), at::zeros({0, 2}, at::kDouble)},
      {at::zeros({2, 0}, at::kDouble), at::zeros({2, 0}, at::kDouble)},
  };
  for (const auto& [pred, target] : cases) {
    const at::Tensor p = parameter(pred);
    const at::Tensor loss = ranking_loss(p, target);
    EXPECT_EQ(loss.dim(), 0);
    EXPECT_EQ(loss.item<double>(), 0.0);
    ASSERT_TRUE(loss.requires_grad());
    loss.backward();
    EXPECT_TRUE(at::equal(p.grad(), at::zeros_like(pred)));
  }
}

TEST(RankingLoss, SecondDerivativeIsZero) {
  const at::Tensor p = parameter(column({3.0, 2.0, 2.5}));
  const at::Tensor loss = ranking_loss(p, column({1.0, 3.0, 5.0}));
  const auto first = torch::autograd::grad({loss * loss}, {p}, {}, true, true)[0];
  const at::Tensor g = column({11.0, -4.0, -7.0}) / 3.0;
  EXPECT_TRUE(at::allclose(first, 2 * loss.detach() * g));
  // d/dp of 2 loss g with g constant: 2 g gᵀ · 1.
  const auto second = torch::autograd::grad({first.sum()}, {p})[0];
  EXPECT_TRUE(at::allclose(second, 2 * g.sum() * g));
}

TEST(RankingLoss, RefusesAndNamesTheArgument) {
  const at::Tensor y = column({1.0, 2.0});
  using ::testing::HasSubstr;
  EXPECT_THAT(message_of([&] {
                ranking_loss(column({1.0, kNan}), y);
              }),
              HasSubstr("pred: expected finite values, got nan at [1]"));
  EXPECT_THAT(message_of([&] {
                ranking_loss(column({kInf, 1.0}), y);
              }),
              HasSubstr("pred: expected finite values, got inf at [0]"));
  EXPECT_THAT(message_of([&] {
                ranking_loss(y, column({-kInf, 1.0}));
              }),
              HasSubstr("target: expected finite values, or NaN"));
  EXPECT_THAT(message_of([&] { ranking_loss(y, column({1.0})); }),
              HasSubstr("target: expected pred's shape [2], got [1]"));
  EXPECT_THAT(message_of([&] { ranking_loss(at::zeros({}), at::zeros({})); }),
              HasSubstr("pred: expected shape [n] or [n, axes], got shape []"));
  EXPECT_THAT(message_of([&] {
                ranking_loss(at::zeros({1, 1, 1}), at::zeros({1, 1, 1}));
              }),
              HasSubstr("got shape [1, 1, 1]"));
  EXPECT_THAT(message_of([&] { ranking_loss(y, y.to(at::kFloat)); }),
              HasSubstr("target: expected pred's dtype Double, got Float"));
  EXPECT_THAT(message_of([&] { ranking_loss(y.to(at::kLong), y); }),
              HasSubstr("pred: expected float32 or float64, got Long"));
  EXPECT_THAT(message_of([&] { ranking_loss(y.to(at::kHalf), y.to(at::kHalf)); }), HasSubstr("got Half"));
  EXPECT_THAT(message_of([&] { ranking_loss(y.to(at::kMeta), y); }),
              HasSubstr("pred: expected a tensor on cpu, got meta"));
  EXPECT_THAT(message_of([&] { ranking_loss(at::Tensor(), y); }),
              HasSubstr("pred: expected a tensor, got an undefined one"));
}

TEST(RankingOptions, RefusesByName) {
  using ::testing::HasSubstr;
  for (const double bad : {kNan, kInf, -kInf}) {
    EXPECT_THAT(message_of([&] { RankingOptions{.margin = bad}.validate(); }),
                HasSubstr("margin: expected a finite"));
    EXPECT_THAT(message_of([&] { RankingOptions{.margin_scale = bad}.validate(); }),
                HasSubstr("margin_scale"));
    EXPECT_THAT(message_of([&] { RankingOptions{.preference_factor = bad}.validate(); }),
                HasSubstr("preference_factor"));
  }
  EXPECT_THAT(message_of([&] { RankingOptions{.margin_scale = -0.1}.validate(); }),
              HasSubstr("margin_scale: expected a finite number >= 0, got -0.1"));
  EXPECT_THAT(message_of([&] { RankingOptions{.preference_factor = -1}.validate(); }),
              HasSubstr("preference_factor: expected a finite number >= 0"));
  EXPECT_THAT(message_of([&] { ranking_loss(column({1.0}), column({1.0}), {.preference_factor = -1}); }),
              HasSubstr("preference_factor"));
  RankingOptions{.margin = -0.5, .margin_scale = 0, .preference_factor = 0}.validate();
}

TEST(RankingLoss, WeightsAndGroupsOfTheBatch) {
  const at::Tensor pred = at::tensor({1.0, 2.0, 0.5, 0.0}, at::kDouble).set_requires_grad(true);
  const at::Tensor target = at::tensor({4.0, 2.0, 3.0, 1.0}, at::kDouble);
  RankingOptions options = RankingOptions::fixed_margin(0.0);
  options.scope = PairScope::kWithinGroups;
  const at::Tensor group = at::tensor({7, 7, -1, -1}, at::kLong);
  // Pairs (0, 1) with hinge 1 and weight 2 * 3, (2, 3) with hinge 0 and weight 1 * 5.
  const at::Tensor weight = at::tensor({2.0, 3.0, 1.0, 5.0}, at::kDouble);
  const at::Tensor loss = ranking_loss(pred, target, options, {weight, group});
  EXPECT_DOUBLE_EQ(loss.item<double>(), 6.0 / 11.0);
  loss.backward();
  EXPECT_TRUE(at::allclose(pred.grad(), at::tensor({-6.0, 6.0, 0.0, 0.0}, at::kDouble) / 11.0));
  // One weight per axis, in another dtype.
  const at::Tensor both = at::stack({pred.detach(), pred.detach()}, 1);
  const at::Tensor weights = at::stack({weight, at::ones_like(weight)}, 1).to(at::kFloat);
  const auto axes = ranking_loss_per_axis(both, at::stack({target, target}, 1), options, {weights, group});
  EXPECT_DOUBLE_EQ(axes.losses[0].item<double>(), 6.0 / 11.0);
  EXPECT_DOUBLE_EQ(axes.losses[1].item<double>(), 0.5);
}

TEST(RankingLoss, NamesWeightsAndGroupsThatDoNotFit) {
  const at::Tensor pred = at::zeros({3}), target = at::ones({3});
  const auto refusal = [&](const RankingElements& elements, const RankingOptions& options = {}) {
    return message_of([&] { ranking_loss(pred, target, options, elements); });
  };
  EXPECT_THAT(refusal({at::ones({2}), {}}),
              ::testing::HasSubstr("weight: expected floating point of shape [3]"));
  EXPECT_THAT(refusal({at::ones({3}, at::kLong), {}}), ::testing::HasSubstr("got Long [3]"));
  EXPECT_THAT(refusal({-at::ones({3}), {}}), ::testing::HasSubstr(">= 0"));
  EXPECT_THAT(refusal({at::full({3}, NAN), {}}), ::testing::HasSubstr("finite"));
  EXPECT_THAT(refusal({{}, at::ones({3})}), ::testing::HasSubstr("group: expected int64 [3], got Float [3]"));
  RankingOptions within;
  within.scope = PairScope::kWithinGroups;
  EXPECT_THAT(refusal({}, within), ::testing::HasSubstr("group: expected int64 group numbers"));
}

}  // namespace
}  // namespace qamro::losses
