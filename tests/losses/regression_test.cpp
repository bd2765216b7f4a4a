#include "qamro/losses/regression.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

using Loss = std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;

const std::vector<Loss>& all_losses() {
  static const std::vector<Loss> losses = {
      [](const auto& p, const auto& y) { return losses::huber_loss(p, y); },
      [](const auto& p, const auto& y) { return losses::mse_loss(p, y); },
      [](const auto& p, const auto& y) { return losses::l1_loss(p, y); },
  };
  return losses;
}

at::Tensor numbers(std::vector<double> values) {
  return at::tensor(values, at::kDouble);
}

TEST(Regression, ClosedForms) {
  const at::Tensor p = numbers({1.0, 2.0, 7.0});
  const at::Tensor y = numbers({1.5, 2.0, 4.0});
  EXPECT_DOUBLE_EQ(losses::mse_loss(p, y).item<double>(), 9.25 / 3);
  EXPECT_DOUBLE_EQ(losses::l1_loss(p, y).item<double>(), 3.5 / 3);
  EXPECT_DOUBLE_EQ(losses::huber_loss(p, y).item<double>(), (0.125 + 2.5) / 3);
  EXPECT_DOUBLE_EQ(losses::huber_loss(p, y, 2.0).item<double>(), (0.125 + 4.0) / 3);
  EXPECT_DOUBLE_EQ(losses::huber_loss(p, y, 1.0, Reduction::kSum).item<double>(), 2.625);
  EXPECT_DOUBLE_EQ(losses::mse_loss(p, y, Reduction::kSum).item<double>(), 9.25);
  EXPECT_DOUBLE_EQ(losses::l1_loss(p, y, Reduction::kSum).item<double>(), 3.5);
}

TEST(Regression, MissingLabelsTakeNoPart) {
  const at::Tensor labelled_p = numbers({1.0, 7.0});
  const at::Tensor labelled_y = numbers({1.5, 4.0});
  const at::Tensor y = numbers({1.5, kNan, kNan, 4.0}).reshape({2, 2});
  for (const Loss& loss : all_losses()) {
    const at::Tensor p = numbers({1.0, 2.0, 3.0, 7.0}).reshape({2, 2}).set_requires_grad(true);
    const at::Tensor value = loss(p, y);
    EXPECT_DOUBLE_EQ(value.item<double>(), loss(labelled_p, labelled_y).item<double>());
    value.backward();
    EXPECT_EQ(p.grad()[0][1].item<double>(), 0.0);
    EXPECT_EQ(p.grad()[1][0].item<double>(), 0.0);
    EXPECT_NE(p.grad()[0][0].item<double>(), 0.0);
    EXPECT_FALSE(p.grad().isnan().any().item<bool>());
  }
}

TEST(Regression, WithoutLabelsIsZeroAndConnected) {
  for (const Loss& loss : all_losses()) {
    for (const at::Tensor& y : {numbers({kNan, kNan}), numbers({})}) {
      const at::Tensor p = at::ones_like(y).set_requires_grad(true);
      const at::Tensor value = loss(p, y);
      EXPECT_EQ(value.dim(), 0);
      EXPECT_EQ(value.item<double>(), 0.0);
      ASSERT_TRUE(value.requires_grad());
      value.backward();
      EXPECT_TRUE(at::equal(p.grad(), at::zeros_like(y)));
    }
  }
}

TEST(Regression, GradientByCentralDifferences) {
  const at::Tensor y = numbers({1.0, 2.0, kNan, 4.0, 2.0});
  for (const Loss& loss : all_losses()) {
    const at::Tensor p = numbers({1.3, 5.0, 2.0, 3.9, 1.5}).set_requires_grad(true);
    loss(p, y).backward();
    for (int64_t i = 0; i < p.numel(); ++i) {
      const at::Tensor up = p.detach().clone();
      const at::Tensor down = p.detach().clone();
      up[i] += 1e-6;
      down[i] -= 1e-6;
      EXPECT_NEAR(p.grad()[i].item<double>(), (loss(up, y) - loss(down, y)).item<double>() / 2e-6, 1e-8);
    }
  }
}

TEST(Regression, KeepsFloat32) {
  for (const Loss& loss : all_losses())
    EXPECT_EQ(loss(at::zeros({2}, at::kFloat), at::ones({2}, at::kFloat)).scalar_type(), at::kFloat);
}

TEST(Regression, Refuses) {
  const at::Tensor good = numbers({1.0, 2.0});
  for (const Loss& loss : all_losses()) {
    EXPECT_THROW(loss(numbers({kNan, 1.0}), good), InvalidInput);
    EXPECT_THROW(loss(good, numbers({kInfinite, 1.0})), InvalidInput);
    EXPECT_THROW(loss(good, numbers({1.0})), InvalidInput);
    EXPECT_THROW(loss(good, good.to(at::kFloat)), InvalidInput);
    EXPECT_THROW(loss(at::zeros({2}, at::kLong), good), InvalidInput);
  }
  for (const double delta : {0.0, -1.0, kNan, kInfinite})
    EXPECT_THROW(losses::huber_loss(good, good, delta), InvalidInput);
}

}  // namespace
}  // namespace qamro::losses
