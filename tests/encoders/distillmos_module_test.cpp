#include "qamro/encoders/distillmos/module.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "encoders/small_network.h"
#include "qamro/core/error.h"

namespace qamro::encoders::distillmos {
namespace {

TEST(DistillMosModule, ShapesOfTheStages) {
  const auto module = small_network();
  const at::NoGradGuard no_grad;
  const DistillMosOutput output = module->forward(at::cat({noise_window(1000), noise_window(122880)}));
  EXPECT_EQ(output.mos.sizes(), at::IntArrayRef({2}));
  EXPECT_EQ(output.pooled.sizes(), at::IntArrayRef({2, 24}));
  ASSERT_EQ(output.layers.size(), 2U);
  for (const at::Tensor& stage : {output.projected, output.layers[0], output.layers[1], output.normalised})
    EXPECT_EQ(stage.sizes(), at::IntArrayRef({2, 384, 24}));
  EXPECT_TRUE((output.mos > 1).logical_and(output.mos < 5).all().item<bool>());
}

TEST(DistillMosModule, LoudnessDoesNotMatter) {
  const auto module = small_network();
  const at::NoGradGuard no_grad;
  const at::Tensor window = noise_window(122880);
  EXPECT_NEAR(module->forward(window).mos.item<double>(), module->forward(window / 64).mos.item<double>(),
              1e-4);
}

TEST(DistillMosModule, EveryParameterGetsAGradient) {
  const auto module = small_network();
  module->train();
  const DistillMosOutput output = module->forward(at::cat({noise_window(40000, 1), noise_window(122880, 2)}));
  (output.mos * at::tensor({1.0F, -2.0F})).sum().backward();
  for (const auto& item : module->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_TRUE(at::isfinite(item.value().grad()).all().item<bool>()) << item.key();
    EXPECT_GT(item.value().grad().abs().max().item<double>(), 0) << item.key();
  }
}

// For sounds that end anywhere, in particular next to every place where the image is cut.
TEST(DistillMosModule, SharedSilenceChangesNeitherValuesNorGradients) {
  const auto module = small_network();
  const auto run = [&](const at::Tensor& windows, bool shares) {
    module->share_silence(shares);
    module->zero_grad();
    const DistillMosOutput output = module->forward(windows);
    (output.mos.sum() + output.convolved.square().mean()).backward();
    std::vector<at::Tensor> result = {output.convolved.detach(), output.mos.detach()};
    for (const auto& item : module->named_parameters()) result.push_back(item.value().grad().clone());
    return result;
  };
  for (const std::int64_t samples : {1, 16000, 16160, 16320, 119840, 120000, 120160, 121000, 122880}) {
    const at::Tensor windows =
        at::cat({noise_window(samples), noise_window(std::min<std::int64_t>(samples, 9000), 2)});
    const auto whole = run(windows, false), shared = run(windows, true);
    for (std::size_t i = 0; i < whole.size(); ++i)
      EXPECT_LE((whole[i] - shared[i]).norm().item<double>(), 2e-5 * (whole[i].norm().item<double>() + 1e-3))
          << samples << " " << i;
    EXPECT_LE((whole[0] - shared[0]).abs().max().item<double>(), 1e-5) << samples;
  }
  module->share_silence(true);
  EXPECT_TRUE(
      at::isfinite(module->forward(at::zeros({1, DistillMosConfig::kWindowSamples})).mos).item<bool>());
}

TEST(DistillMosModule, TrainingUsesTheBatchesStatisticsAndKeepsThem) {
  const auto module = small_network();
  const at::NoGradGuard no_grad;
  const at::Tensor windows = at::cat({noise_window(122880, 1), noise_window(60000, 2)});
  const at::Tensor mean_before = module->norm_trans->running_mean.clone();
  const at::Tensor in_inference = module->forward(windows).mos;
  EXPECT_TRUE(at::equal(module->norm_trans->running_mean, mean_before));
  module->train();
  const DistillMosOutput output = module->forward(windows);
  EXPECT_FALSE(at::allclose(output.mos, in_inference));
  EXPECT_FALSE(at::allclose(module->norm_trans->running_mean, mean_before));
  EXPECT_EQ(module->norm_trans->num_batches_tracked.item<std::int64_t>(), 1);
  const at::Tensor tokens = output.normalised.flatten(0, 1);
  EXPECT_TRUE(at::allclose(tokens.mean(0), module->norm_trans->bias, 1e-3, 1e-3));
}

TEST(DistillMosModule, PositionEncodingIsSinusoids) {
  const at::Tensor encoding = DistillMosModule().position_encoding;
  ASSERT_EQ(encoding.sizes(), at::IntArrayRef({1, 384, 200}));
  EXPECT_NEAR(encoding[0][5][0].item<double>(), std::sin(5.0), 1e-6);
  EXPECT_NEAR(encoding[0][7][3].item<double>(), std::cos(7.0 * std::pow(768.0, -2.0 / 200)), 1e-5);
}

TEST(DistillMosModule, RefusesOtherInput) {
  const auto module = small_network();
  EXPECT_THROW(module->forward(at::zeros({1, 122879})), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({122880})), InvalidInput);
  EXPECT_THROW(module->forward(at::zeros({1, 122880}, at::kDouble)), InvalidInput);
}

}  // namespace
}  // namespace qamro::encoders::distillmos
