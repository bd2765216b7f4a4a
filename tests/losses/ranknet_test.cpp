#include "qamro/losses/listwise.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "losses/loss_checks.h"
#include "losses/pairwise_oracle.h"

namespace qamro::losses {
namespace {

double naive(const RandomCase& data, double sigma) {
  long double sum = 0;
  long double pairs = 0;
  for (std::size_t i = 0; i < data.target.size(); ++i) {
    for (std::size_t j = 0; j < data.target.size(); ++j) {
      if (!(data.target[i] > data.target[j])) continue;
      const long double gap = static_cast<long double>(data.prediction[i]) - data.prediction[j];
      sum += std::log1p(std::exp(-sigma * gap));
      ++pairs;
    }
  }
  return static_cast<double>(sum / pairs);
}

TEST(RankNet, ThreeElementsByHand) {
  // Pairs (hi, lo) = (0, 1), (0, 2), with differences log 3 and -log 2; elements 1 and 2 have equal labels.
  const at::Tensor p = column({0.0, -std::log(3.0), std::log(2.0)});
  const auto term = [](const at::Tensor& pred) { return ranknet_loss(pred, column({4.0, 1.0, 1.0})); };
  EXPECT_NEAR(term(p).item<double>(), (std::log(1 + 1.0 / 3) + std::log(1 + 2.0)) / 2, 1e-15);
  EXPECT_TRUE(at::allclose(gradient_of(term, p), column({-(0.25 + 2.0 / 3) / 2, 0.125, 1.0 / 3}), 1e-14));
}

TEST(RankNet, AsThePairLoop) {
  for (const std::uint64_t levels : {0U, 5U}) {
    const RandomCase data = random_case(300, levels, 31 + levels, 4.0);
    for (const double sigma : {0.5, 1.0, 7.0}) {
      const auto loss = ranknet_loss(column(data.prediction), column(data.target), sigma).item<double>();
      EXPECT_NEAR(loss / naive(data, sigma), 1, 1e-13);
    }
  }
}

TEST(RankNet, FarPredictionsStayFinite) {
  const at::Tensor y = column({1.0, 2.0});
  EXPECT_EQ(ranknet_loss(column({5000.0, 0.0}), y).item<double>(), 5000.0);
  EXPECT_EQ(ranknet_loss(column({0.0, 5000.0}), y).item<double>(), 0.0);
  EXPECT_NEAR(ranknet_loss(column({0.0, 50.0}), y).item<double>() / std::exp(-50.0), 1, 1e-14);
}

TEST(RankNet, SecondDerivativeIsRefused) {
  const at::Tensor p = parameter(column({0.0, 1.0}));
  const auto first = torch::autograd::grad({ranknet_loss(p, column({2.0, 1.0}))}, {p}, {}, true, true)[0];
  EXPECT_THAT(message_of([&] { torch::autograd::grad({first.sum()}, {p}); }),
              ::testing::HasSubstr("ranknet_loss: backward: expected a first derivative, got a second"));
}

TEST(RankNet, Refuses) {
  using ::testing::HasSubstr;
  const at::Tensor y = column({1.0, 2.0});
  for (const double bad : {0.0, -1.0, kNan, std::numeric_limits<double>::infinity()})
    EXPECT_THAT(message_of([&] { ranknet_loss(y, y, bad); }),
                HasSubstr("ranknet_loss: sigma: expected a finite number > 0, got"));
  EXPECT_THAT(message_of([&] {
                ranknet_loss(column({1.7e308, -1.7e308}), y);
              }),
              HasSubstr("ranknet_loss: pred, target: expected values whose loss is finite"));
}

}  // namespace
}  // namespace qamro::losses
