#include "qamro/losses/listwise.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "losses/loss_checks.h"
#include "losses/pairwise_oracle.h"

namespace qamro::losses {
namespace {

ListMleOptions given(std::vector<double> weights) {
  return {.position_weights = PositionWeights::kGiven, .weights = std::move(weights)};
}

const ListMleOptions kExponential{.position_weights = PositionWeights::kExponential, .weights = {}};

// The product of Plackett and Luce's choices for the order `best_first`, factor by factor.
long double plackett_luce(const std::vector<double>& p, const std::vector<std::size_t>& best_first) {
  long double probability = 1;
  for (std::size_t i = 0; i < best_first.size(); ++i) {
    long double rest = 0;
    for (std::size_t k = i; k < best_first.size(); ++k)
      rest += std::exp(static_cast<long double>(p[best_first[k]]));
    probability *= std::exp(static_cast<long double>(p[best_first[i]])) / rest;
  }
  return probability;
}

TEST(ListMle, TwoAndThreeElementsByHand) {
  // Scores with odds 1 : 3, the better label on the first: its choice has probability 1/4.
  const at::Tensor two = column({0.0, std::log(3.0)});
  EXPECT_NEAR(listmle_loss(two, column({2.0, 1.0})).item<double>(), -std::log(0.25) / 2, 1e-15);
  EXPECT_NEAR(listmle_loss(two, column({1.0, 2.0})).item<double>(), -std::log(0.75) / 2, 1e-15);
  const auto term = [](const at::Tensor& pred) { return listmle_loss(pred, column({2.0, 1.0})); };
  EXPECT_TRUE(at::allclose(gradient_of(term, two), column({-0.375, 0.375}), 1e-14));
  // Odds 2 : 5 : 3 in the order 1, 2, 0: 5/10, then 3/5.
  const at::Tensor three = column({std::log(2.0), std::log(5.0), std::log(3.0)});
  const at::Tensor y = column({1.0, 3.0, 2.0});
  EXPECT_NEAR(listmle_loss(three, y).item<double>(), -std::log(0.5 * 0.6) / 3, 1e-15);
  // 2^(3-i) - 1 = 3, 1, 0.
  EXPECT_NEAR(listmle_loss(three, y, kExponential).item<double>(), -(3 * std::log(0.5) + std::log(0.6)) / 4,
              1e-15);
  EXPECT_NEAR(listmle_loss(three, y, given({1.0, 4.0, 5.0})).item<double>(),
              -(std::log(0.5) + 4 * std::log(0.6)) / 10, 1e-15);
}

TEST(ListMle, ProbabilitiesOfAllOrdersAddUpToOne) {
  const std::vector<double> p = {0.3, -1.2, 2.0, 0.9, 0.3};
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  double sum = 0;
  do {
    std::vector<double> label(p.size());
    for (std::size_t i = 0; i < order.size(); ++i) label[order[i]] = -static_cast<double>(i);
    const auto loss = listmle_loss(column(p), column(label)).item<double>();
    const double probability = std::exp(-loss * static_cast<double>(p.size()));
    EXPECT_NEAR(probability, static_cast<double>(plackett_luce(p, order)), 1e-14);
    sum += probability;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_NEAR(sum, 1, 1e-13);
}

TEST(ListMle, EqualLabelsGoByIndex) {
  const at::Tensor p = column({0.5, -1.0, 2.0, 0.1});
  EXPECT_EQ(listmle_loss(p, column({2.0, 2.0, 1.0, 2.0})).item<double>(),
            listmle_loss(p, column({4.0, 3.0, 1.0, 2.0})).item<double>());
  EXPECT_NE(listmle_loss(p, column({2.0, 2.0, 1.0, 2.0})).item<double>(),
            listmle_loss(p, column({2.0, 3.0, 1.0, 4.0})).item<double>());
}

TEST(ListMle, UniformAndGivenOnesAgree) {
  const RandomCase data = random_case(30, 6, 21);
  const at::Tensor p = column(data.prediction);
  const at::Tensor y = column(data.target);
  const std::vector<double> same(30, 1.7e308);
  EXPECT_NEAR(listmle_loss(p, y, given(same)).item<double>(), listmle_loss(p, y).item<double>(), 1e-14);
}

TEST(ListMle, WeightsThatVanishBesideOthers) {
  // Normalised, the first weight is 0, which leaves the choice between the other two.
  const auto term = [](const at::Tensor& p) {
    return listmle_loss(p, column({3.0, 2.0, 1.0}), given({5e-324, 1e308, 1.0}));
  };
  const at::Tensor p = column({9.0, 0.0, std::log(3.0)});
  EXPECT_NEAR(term(p).item<double>(), -std::log(0.25), 1e-15);
  EXPECT_TRUE(at::allclose(gradient_of(term, p), column({0.0, -0.75, 0.75}), 1e-14, 0));
}

TEST(ListMle, KeepsDigitsOfASureOrder) {
  // softplus(-40) and softplus(-80): 1 + exp(-40) is 1 in double.
  const at::Tensor p = column({80.0, 40.0, 0.0});
  const at::Tensor y = column({3.0, 2.0, 1.0});
  const double want = (std::log1p(std::exp(-40.0) + std::exp(-80.0)) + std::log1p(std::exp(-40.0))) / 3;
  EXPECT_NEAR(listmle_loss(p, y).item<double>() / want, 1, 1e-13);
  const at::Tensor slope = gradient_of([&](const at::Tensor& pred) { return listmle_loss(pred, y); }, p);
  EXPECT_NEAR(slope[0].item<double>() / (-std::exp(-40.0) / 3), 1, 1e-13);
}

TEST(ListMle, LongListsAndLargeScores) {
  // All scores equal: log(m) + ... + log(1), by Stirling's lgamma.
  const int64_t m = 100000;
  const at::Tensor y = at::arange(m, at::kDouble).sin();
  const double want = std::lgamma(static_cast<double>(m) + 1) / static_cast<double>(m);
  EXPECT_NEAR(listmle_loss(at::full_like(y, 5.0), y).item<double>(), want, 1e-12 * want);
  EXPECT_TRUE(listmle_loss(y * 1e6, y, kExponential).isfinite().item<bool>());
  const auto term = [&](const at::Tensor& p) { return listmle_loss(p, y, kExponential); };
  EXPECT_TRUE(gradient_of(term, -y * 1e6).isfinite().all().item<bool>());
}

TEST(ListMle, Refuses) {
  using ::testing::HasSubstr;
  const at::Tensor y = column({1.0, 2.0, 3.0});
  EXPECT_THAT(message_of([&] {
                listmle_loss(y, y, given({1.0, 2.0}));
              }),
              HasSubstr("weights: expected a weight for each of pred's 3 rows, got 2"));
  for (const double bad : {0.0, -1.0, kNan})
    EXPECT_THAT(message_of([&] {
                  listmle_loss(y, y, given({1.0, bad, 2.0}));
                }),
                HasSubstr("ListMleOptions: weights: expected a finite number > 0, got"));
  const ListMleOptions unused{.position_weights = PositionWeights::kUniform, .weights = {1.0}};
  EXPECT_THAT(message_of([&] { listmle_loss(y, y, unused); }), HasSubstr("weights: expected none unless"));
  EXPECT_THAT(message_of([&] {
                listmle_loss(column({1.7e308, -1.7e308, 0.0}), y);
              }),
              HasSubstr("listmle_loss: pred, target: expected values whose loss is finite"));
}

}  // namespace
}  // namespace qamro::losses
