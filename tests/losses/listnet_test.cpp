#include "qamro/losses/listwise.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "losses/loss_checks.h"

namespace qamro::losses {
namespace {

TEST(ListNet, TwoElementsByHand) {
  // Labels' odds exp(1) : 1 and predictions' odds 1 : 3.
  const double wanted = std::exp(1.0) / (1 + std::exp(1.0));
  const double loss = -wanted * std::log(0.25) - (1 - wanted) * std::log(0.75);
  const at::Tensor p = column({0.0, std::log(3.0)});
  const auto term = [](const at::Tensor& pred) { return listnet_loss(pred, column({2.0, 1.0})); };
  EXPECT_NEAR(term(p).item<double>(), loss, 1e-15);
  EXPECT_TRUE(at::allclose(gradient_of(term, p), column({0.25 - wanted, wanted - 0.25}), 1e-14));
}

TEST(ListNet, TemperatureDividesTheLabels) {
  // Three labels log(1), log(2), log(5), halved: odds 1 : 2 : 5 at temperature 0.5; predictions alike.
  const at::Tensor y = column({0.0, std::log(2.0) / 2, std::log(5.0) / 2});
  const double want = -(std::log(1.0 / 3) * (1 + 2 + 5) / 8);
  EXPECT_NEAR(listnet_loss(column({7.0, 7.0, 7.0}), y, 0.5).item<double>(), want, 1e-15);
  const at::Tensor slope =
      gradient_of([&](const at::Tensor& p) { return listnet_loss(p, y, 0.5); }, column({7.0, 7.0, 7.0}));
  EXPECT_TRUE(at::allclose(slope, column({1.0 / 3 - 1.0 / 8, 1.0 / 3 - 2.0 / 8, 1.0 / 3 - 5.0 / 8}), 1e-14));
}

TEST(ListNet, IsLeastAtTheLabels) {
  const at::Tensor y = column({1.0, 4.0, 2.5, 2.5});
  const at::Tensor slope =
      gradient_of([&](const at::Tensor& p) { return listnet_loss(p, y, 2.0); }, y / 2.0 + 11.0);
  EXPECT_TRUE(at::allclose(slope, at::zeros_like(y), 0, 1e-15));
}

TEST(ListNet, ColdLabelsKeepOnlyTheBest) {
  // A careless softmax(y / 1e-320) would be inf / inf.
  const at::Tensor p = column({0.0, std::log(3.0)});
  EXPECT_NEAR(listnet_loss(p, column({2.0, 1.0}), 1e-320).item<double>(), -std::log(0.25), 1e-15);
}

TEST(ListNet, HundredThousandElements) {
  const at::Tensor y = at::arange(100000, at::kDouble).sin();
  EXPECT_NEAR(listnet_loss(at::zeros_like(y), y).item<double>(), std::log(1e5), 1e-11);
}

TEST(ListNet, Refuses) {
  using ::testing::HasSubstr;
  const at::Tensor y = column({1.0, 2.0});
  for (const double bad : {0.0, -1.0, kNan, std::numeric_limits<double>::infinity()})
    EXPECT_THAT(message_of([&] { listnet_loss(y, y, bad); }),
                HasSubstr("listnet_loss: temperature: expected a finite number > 0, got"));
  EXPECT_THAT(message_of([&] {
                listnet_loss(column({1.7e308, -1.7e308}), y);
              }),
              HasSubstr("listnet_loss: pred, target: expected values whose loss is finite"));
}

}  // namespace
}  // namespace qamro::losses
