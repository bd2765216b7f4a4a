#include "qamro/encoders/wavlm/module.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <array>

#include "encoders/small_wavlm.h"
#include "qamro/core/error.h"

namespace qamro::encoders::wavlm {
namespace {

constexpr std::int64_t kSamples = 9000;
constexpr std::array<std::int64_t, 2> kLengths = {kSamples, 4000};

at::Tensor two_windows() {
  return at::cat({noise(kSamples, 1), padded(noise(4000, 2), kSamples)});
}

TEST(WavLmModule, ShapesOfTheStages) {
  const auto module = small_wavlm();
  const at::NoGradGuard no_grad;
  const WavLmOutput output = module->forward(two_windows(), kLengths);
  EXPECT_EQ(output.convolved.sizes(), at::IntArrayRef({2, 28, 8}));
  EXPECT_EQ(output.projected.sizes(), at::IntArrayRef({2, 28, 24}));
  ASSERT_EQ(output.layers.size(), 4U);
  for (const at::Tensor& layer : output.layers) EXPECT_EQ(layer.sizes(), at::IntArrayRef({2, 28, 24}));
  EXPECT_EQ(output.padding.sum(1)[1].item<std::int64_t>(), 28 - 13);
  EXPECT_EQ(pool_layers(output).sizes(), at::IntArrayRef({2, 4, 24}));
}

// Except the keys' bias, which adds the same to all of a query's scores, and mask_emb, which only
// pre-training uses.
TEST(WavLmModule, EveryParameterGetsAGradient) {
  const auto module = small_wavlm();
  const at::Tensor pooled = pool_layers(module->forward(two_windows(), kLengths));
  (pooled * at::linspace(-1, 1, pooled.numel()).view_as(pooled)).sum().backward();
  for (const auto& item : module->named_parameters()) {
    if (item.key() == "mask_emb") {
      EXPECT_FALSE(item.value().grad().defined());
      continue;
    }
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_TRUE(at::isfinite(item.value().grad()).all().item<bool>()) << item.key();
    const auto largest = item.value().grad().abs().max().item<double>();
    if (item.key().ends_with("k_proj.bias")) {
      EXPECT_LT(largest, 1e-5) << item.key();
    } else {
      EXPECT_GT(largest, 1e-5) << item.key();
    }
  }
}

// By central differences, with every parameter moved uphill by a share of its own size.
TEST(WavLmModule, GradientIsTheSlope) {
  WavLmConfig config = small_wavlm_config();
  config.feature_gradient_scale = 1.0;
  const auto module = small_wavlm(config);
  const at::Tensor windows = two_windows();
  const auto loss = [&] {
    const at::Tensor pooled = pool_layers(module->forward(windows, kLengths));
    return (pooled * at::linspace(-1, 1, pooled.numel()).view_as(pooled)).sum();
  };
  loss().backward();
  const at::NoGradGuard no_grad;
  double expected = 0;
  std::vector<std::pair<at::Tensor, at::Tensor>> steps;
  for (auto& item : module->named_parameters()) {
    if (!item.value().grad().defined() || item.key().ends_with("k_proj.bias")) continue;
    const at::Tensor& gradient = item.value().grad();
    steps.emplace_back(item.value(), gradient / gradient.norm() * item.value().norm());
    expected += (gradient.norm() * item.value().norm()).item<double>();
  }
  const auto loss_after = [&](double share) {
    for (auto& [value, uphill] : steps) value.add_(uphill, share);
    const auto found = loss().item<double>();
    for (auto& [value, uphill] : steps) value.sub_(uphill, share);
    return found;
  };
  constexpr double kShare = 1e-4;
  EXPECT_NEAR((loss_after(kShare) - loss_after(-kShare)) / (2 * kShare) / expected, 1.0, 0.01);
}

// The gradient is linear in the share, and a power of two causes no rounding: an eighth is exact to the
// last bit, whichever kernels sum it up. (A tenth is not: if the terms cancel, its rounding is as large as
// the sum.)
TEST(WavLmModule, ConvolutionsGetAShareOfTheGradient) {
  const auto gradient = [](double scale) {
    WavLmConfig config = small_wavlm_config();
    config.feature_gradient_scale = scale;
    const auto module = small_wavlm(config);
    pool_layers(module->forward(two_windows(), kLengths)).square().sum().backward();
    return std::pair(module->convolutions[1].grad().clone(),
                     module->post_extract_proj->weight.grad().clone());
  };
  const auto [whole, projection] = gradient(1.0);
  const auto [eighth, same_projection] = gradient(0.125);
  EXPECT_TRUE(at::equal(eighth, whole * 0.125));
  EXPECT_TRUE(at::equal(projection, same_projection));
}

TEST(WavLmModule, DropoutFollowsEachWindowsSeedAlone) {
  const auto module = small_wavlm();
  const at::NoGradGuard no_grad;
  const at::Tensor windows = two_windows();
  const auto pooled = [&](const std::vector<std::uint64_t>& seeds) {
    return pool_layers(module->forward(windows, kLengths, seeds));
  };
  const at::Tensor first = pooled({1, 2});
  EXPECT_TRUE(at::equal(first, pooled({1, 2})));
  EXPECT_TRUE(at::allclose(first[0], pooled({1, 3})[0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(first[1], pooled({1, 3})[1], 1e-2, 1e-2));
  EXPECT_FALSE(at::allclose(first[0], pooled({})[0], 1e-2, 1e-2));
}

TEST(WavLmModule, DropoutKeepsTheMeanAndItsRate) {
  Dropout dropout(std::array<std::uint64_t, 1>{7});
  const at::Tensor dropped = dropout(at::ones({1, 100000}), 0.2);
  EXPECT_NEAR(dropped.mean().item<double>(), 1.0, 0.01);
  EXPECT_NEAR((dropped == 0).to(at::kDouble).mean().item<double>(), 0.2, 0.01);
  EXPECT_NEAR(dropped.max().item<double>(), 1.25, 1e-6);
}

TEST(WavLmModule, ALayerThatIsLeftOutPassesItsInputOn) {
  WavLmConfig config = small_wavlm_config();
  config.dropout = config.attention_dropout = config.input_dropout = 0;
  config.layer_dropout = 0.5;
  const auto module = small_wavlm(config);
  const at::NoGradGuard no_grad;
  const std::array<std::int64_t, 1> length = {kSamples};
  int left_out = 0, layers = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const WavLmOutput output = module->forward(noise(kSamples), length, std::array{seed});
    for (std::size_t i = 1; i < output.layers.size(); ++i, ++layers)
      left_out += at::equal(output.layers[i], output.layers[i - 1]) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(left_out) / layers, 0.5, 0.2);
}

TEST(WavLmModule, RefusesOtherInput) {
  const auto module = small_wavlm();
  const std::array<std::int64_t, 1> one = {1}, ten = {10};
  EXPECT_THROW(module->forward(at::zeros({1, 32001}), one), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({32000}), one), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({0, 32000}), {}), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({1, 100}, at::kDouble), one), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({2, 100}), one), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({1, 9}), ten), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({1, 9}), std::array{std::int64_t{0}}), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({1, 9}), one, std::array<std::uint64_t, 2>{1, 2}), InvalidInput);
}

}  // namespace
}  // namespace qamro::encoders::wavlm
