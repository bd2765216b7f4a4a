#include "qamro/losses/listwise.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "losses/loss_checks.h"
#include "losses/pairwise_oracle.h"
#include "qamro/metrics/correlation.h"

namespace qamro::losses {
namespace {

TEST(Spearman, ThreeElementsByHand) {
  // Soft ranks 1.75, 3, 1.25 against ranks 3, 2, 1: deviations (-0.25, 1, -0.75) and (1, 0, -1).
  const double norm = std::sqrt(0.0625 + 1 + 0.5625) * std::sqrt(2.0);
  EXPECT_NEAR(spearman_loss(column({0.75, 5.0, 0.25}), column({9.0, 4.0, 2.0})).item<double>(),
              1 - 0.5 / norm, 1e-15);
}

TEST(Spearman, IsSrccForASmallStrength) {
  for (const std::uint64_t levels : {0U, 5U}) {
    RandomCase data = random_case(200, levels, 61, 6.0);
    for (const bool ties : {false, true}) {
      if (ties)
        for (double& p : data.prediction) p = std::round(p);
      const double srcc = *metrics::srcc(data.prediction, data.target).value;
      const at::Tensor p = column(data.prediction);
      EXPECT_NEAR(spearman_loss(p, column(data.target), 1e-9).item<double>(), 1 - srcc, 1e-13);
    }
  }
}

TEST(Spearman, IsPearsonOfMidranksForALargeStrength) {
  const RandomCase data = random_case(50, 5, 62, 6.0);
  const double pearson = *metrics::lcc(data.prediction, metrics::average_ranks(data.target)).value;
  EXPECT_NEAR(spearman_loss(column(data.prediction), column(data.target), 1e4).item<double>(), 1 - pearson,
              1e-10);
}

TEST(Spearman, KeepsItsDigitsWhereAllSoftRanksAreClose) {
  // Once the strength exceeds the predictions' range, the loss no longer depends on it.
  const RandomCase data = random_case(50, 5, 63, 6.0);
  const at::Tensor p = column(data.prediction);
  const at::Tensor y = column(data.target);
  const auto want = spearman_loss(p, y, 1e3).item<double>();
  const auto slope = [&](double strength) {
    return gradient_of([&](const at::Tensor& v) { return spearman_loss(v, y, strength); }, p);
  };
  for (const double strength : {1e8, 1e15, 1e200}) {
    EXPECT_NEAR(spearman_loss(p, y, strength).item<double>(), want, 1e-14);
    EXPECT_TRUE(at::allclose(slope(strength), slope(1e3), 1e-12, 1e-15));
  }
}

TEST(Spearman, EndsOfTheRange) {
  const at::Tensor y = at::arange(10, at::kDouble);
  EXPECT_NEAR(spearman_loss(y, y, 0.5).item<double>(), 0, 1e-14);
  EXPECT_NEAR(spearman_loss(-y, y, 0.5).item<double>(), 2, 1e-14);
}

TEST(Spearman, AllPredictionsEqual) {
  const auto term = [](const at::Tensor& p) { return spearman_loss(p, column({1.0, 2.0, 4.0})); };
  const at::Tensor p = at::full({3}, 0.1, at::kDouble);
  EXPECT_EQ(term(p).item<double>(), 1.0);
  EXPECT_TRUE(at::equal(gradient_of(term, p), at::zeros_like(p)));
}

TEST(Spearman, AHundredThousandElementsInSeconds) {
  const at::Tensor y = at::arange(100000, at::kDouble).sin();
  const auto start = std::chrono::steady_clock::now();
  const auto term = [&](const at::Tensor& p) { return spearman_loss(p, y, 1e-3); };
  EXPECT_TRUE(gradient_of(term, at::arange(100000, at::kDouble).cos()).isfinite().all().item<bool>());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Spearman, Refuses) {
  const at::Tensor y = column({1.0, 2.0});
  for (const double bad : {0.0, -1.0, kNan, std::numeric_limits<double>::infinity()})
    EXPECT_THAT(
        message_of([&] { spearman_loss(y, y, bad); }),
        ::testing::HasSubstr("spearman_loss: regularization_strength: expected a finite number > 0, got"));
}

}  // namespace
}  // namespace qamro::losses
