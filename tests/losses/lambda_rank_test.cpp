#include "qamro/losses/listwise.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "losses/loss_checks.h"
#include "losses/pairwise_oracle.h"
#include "qamro/metrics/correlation.h"

namespace qamro::losses {
namespace {

// Rank of each element, 1 for the highest prediction, the earlier first among equals.
std::vector<std::size_t> naive_ranks(const std::vector<double>& p) {
  std::vector<std::size_t> ranks(p.size(), 1);
  for (std::size_t i = 0; i < p.size(); ++i)
    for (std::size_t j = 0; j < p.size(); ++j) ranks[i] += p[j] > p[i] || (p[j] == p[i] && j < i) ? 1 : 0;
  return ranks;
}

double dcg(const std::vector<std::size_t>& ranks, const std::vector<double>& y,
           const LambdaRankOptions& options) {
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (options.truncation > 0 && ranks[i] > static_cast<std::size_t>(options.truncation)) continue;
    const double gain = options.gain == Gain::kLinear ? y[i] : std::pow(2.0, y[i]) - 1;
    sum += gain / std::log2(1.0 + static_cast<double>(ranks[i]));
  }
  return sum;
}

double metric(const std::vector<std::size_t>& ranks, const std::vector<double>& y,
              const LambdaRankOptions& options) {
  if (options.metric == SwapMetric::kNdcg) return dcg(ranks, y, options) / dcg(naive_ranks(y), y, options);
  const std::vector<double> values(ranks.begin(), ranks.end());
  return -*metrics::srcc(values, y).value;
}

// Literally by the definition: swaps every pair and computes the metric anew.
double naive(const RandomCase& data, const LambdaRankOptions& options) {
  const std::vector<std::size_t> ranks = naive_ranks(data.prediction);
  const double before = metric(ranks, data.target, options);
  double sum = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    for (std::size_t j = 0; j < ranks.size(); ++j) {
      if (!(data.target[i] > data.target[j])) continue;
      std::vector<std::size_t> swapped = ranks;
      std::swap(swapped[i], swapped[j]);
      const double weight = std::abs(metric(swapped, data.target, options) - before);
      sum += weight * std::log1p(std::exp(-options.sigma * (data.prediction[i] - data.prediction[j])));
    }
  }
  return sum;
}

double loss_of(const RandomCase& data, const LambdaRankOptions& options) {
  return lambda_rank_loss(column(data.prediction), column(data.target), options).item<double>();
}

TEST(LambdaRank, TwoElementsByHand) {
  // Gains 7 and 1, ranked the wrong way round: discounts 1/log2(3) and 1. Best DCG: 7 + 1/log2(3).
  const double second = 1 / std::log2(3.0);
  const double weight = 6 * (1 - second) / (7 + second);
  const at::Tensor p = column({0.0, std::log(3.0)});
  const auto term = [](const at::Tensor& pred) { return lambda_rank_loss(pred, column({3.0, 1.0})); };
  EXPECT_NEAR(term(p).item<double>(), weight * std::log(4.0), 1e-15);
  EXPECT_TRUE(at::allclose(gradient_of(term, p), column({-0.75 * weight, 0.75 * weight}), 1e-14));
  // Swapping the two turns rho from -1 to 1.
  EXPECT_NEAR(lambda_rank_loss(p, column({3.0, 1.0}), {.metric = SwapMetric::kSpearman}).item<double>(),
              2 * std::log(4.0), 1e-15);
}

TEST(LambdaRank, SpearmanWithoutEqualLabelsByTheShortFormula) {
  const RandomCase data = random_case(12, 0, 40);
  const std::vector<std::size_t> r = naive_ranks(data.prediction);
  const std::vector<std::size_t> y = naive_ranks(data.target);
  double want = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t j = 0; j < 12; ++j) {
      if (y[i] >= y[j]) continue;  // rank 1 is the highest
      const double product = (static_cast<double>(r[i]) - static_cast<double>(r[j])) *
                             (static_cast<double>(y[i]) - static_cast<double>(y[j]));
      want += 6.0 / (12 * 143) * 2 * std::abs(product) *
              std::log1p(std::exp(data.prediction[j] - data.prediction[i]));
    }
  }
  EXPECT_NEAR(loss_of(data, {.metric = SwapMetric::kSpearman}), want, 1e-13 * want);
}

TEST(LambdaRank, AsSwappingEveryPair) {
  std::vector<LambdaRankOptions> variants(5);
  variants[1].gain = Gain::kLinear;
  variants[2].truncation = 4;
  variants[3].metric = SwapMetric::kSpearman;
  variants[4].sigma = 3.0;
  for (std::size_t v = 0; v < variants.size(); ++v) {
    for (const std::uint64_t levels : {0U, 5U}) {
      RandomCase data = random_case(40, levels, 50 + levels, 4.0);
      const double want = naive(data, variants[v]);
      EXPECT_NEAR(loss_of(data, variants[v]), want, 1e-11 * want) << "variant " << v;
      for (double& p : data.prediction) p = std::round(p);  // ties of predictions
      const double tied = naive(data, variants[v]);
      EXPECT_NEAR(loss_of(data, variants[v]), tied, 1e-11 * tied) << "tied, variant " << v;
    }
  }
}

TEST(LambdaRank, MeanDividesByThePairs) {
  const at::Tensor p = column({0.0, 1.0, 2.0, 3.0});
  const at::Tensor y = column({3.0, 1.0, 1.0, 2.0});  // 5 pairs, 2 of them beyond rank 2
  const LambdaRankOptions sum{.truncation = 2};
  const LambdaRankOptions mean{.truncation = 2, .reduction = Reduction::kMean};
  EXPECT_NEAR(lambda_rank_loss(p, y, mean).item<double>(), lambda_rank_loss(p, y, sum).item<double>() / 5,
              1e-15);
  const at::Tensor slope =
      gradient_of([&](const at::Tensor& pred) { return lambda_rank_loss(pred, y, sum); }, p);
  EXPECT_TRUE(
      at::allclose(gradient_of([&](const at::Tensor& pred) { return lambda_rank_loss(pred, y, mean); }, p),
                   slope / 5, 1e-13));
}

TEST(LambdaRank, TruncationLeavesOutPairsBelowIt) {
  // Ranked 3, 2, 1, 0 by pred: elements 0 and 1 are both beyond rank 2 and form no pair.
  const at::Tensor y = column({2.0, 1.0, 0.0, 0.0});
  const LambdaRankOptions top{.truncation = 2};
  const auto term = [&](const at::Tensor& pred) { return lambda_rank_loss(pred, y, top); };
  const auto apart = term(column({0.0, 0.5, 2.0, 3.0})).item<double>();
  EXPECT_GT(apart, 0);
  // Truncation at least n changes nothing.
  const at::Tensor p = column({0.0, 0.5, 2.0, 3.0});
  EXPECT_EQ(lambda_rank_loss(p, y, {.truncation = 4}).item<double>(), lambda_rank_loss(p, y).item<double>());
  EXPECT_EQ(lambda_rank_loss(p, y, {.truncation = 9}).item<double>(), lambda_rank_loss(p, y).item<double>());
}

TEST(LambdaRank, LargeLabelsKeepTheirGain) {
  // Gains of about 2^1023.5 and 2^1022.5: the sum of all is beyond double's range.
  std::vector<double> y(600, 1023.5);
  y[0] = 1022.5;
  const at::Tensor p = at::arange(600, at::kDouble) / 600;
  EXPECT_TRUE(lambda_rank_loss(p, column(y)).isfinite().item<bool>());
  EXPECT_GT(lambda_rank_loss(-p, column(y)).item<double>(), 0.0);
}

TEST(LambdaRank, Refuses) {
  using ::testing::HasSubstr;
  const at::Tensor y = column({1.0, 2.0});
  EXPECT_THAT(message_of([&] {
                lambda_rank_loss(y, column({-1.0, 2.0}));
              }),
              HasSubstr("lambda_rank_loss: target: expected labels >= 0 for NDCG, got -1"));
  EXPECT_THAT(message_of([&] {
                lambda_rank_loss(y, column({1.0, 1025.0}));
              }),
              HasSubstr("finite gain 2^label - 1, got 1025"));
  EXPECT_THAT(message_of([&] { lambda_rank_loss(y, y, {.sigma = 0}); }),
              HasSubstr("LambdaRankOptions: sigma: expected a finite number > 0, got 0"));
  EXPECT_THAT(message_of([&] { lambda_rank_loss(y, y, {.truncation = -1}); }),
              HasSubstr("truncation: expected a rank >= 1, or 0 for all, got -1"));
  lambda_rank_loss(y, column({-1.0, 2.0}), {.metric = SwapMetric::kSpearman});
}

}  // namespace
}  // namespace qamro::losses
