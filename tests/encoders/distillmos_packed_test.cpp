#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "encoders/compare_stages.h"
#include "encoders/small_network.h"
#include "nn/tiers.h"
#include "qamro/core/error.h"
#include "qamro/encoders/distillmos/packed.h"

namespace qamro::encoders::distillmos {
namespace {

// Every stage, in one row per window.
at::Tensor everything(const DistillMosOutput& output) {
  std::vector<at::Tensor> stages = {output.mos.unsqueeze(1), output.pooled, output.convolved.flatten(1),
                                    output.projected.flatten(1), output.normalised.flatten(1)};
  for (const at::Tensor& layer : output.layers) stages.push_back(layer.flatten(1));
  return at::cat(stages, 1);
}

double largest_difference(const DistillMosOutput& a, const DistillMosOutput& b) {
  return (everything(a) - everything(b)).abs().max().item<double>();
}

bool same_bits(const DistillMosOutput& a, const DistillMosOutput& b) {
  return at::equal(everything(a), everything(b));
}

class PackedDistillMosLengths : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(PackedDistillMosLengths, EqualsTheModule) {
  const auto module = small_network();
  const at::NoGradGuard no_grad;
  const at::Tensor window = noise_window(GetParam());
  const PackedDistillMos packed(*module);
  EXPECT_LT(largest_difference(packed.forward(window), module->forward(window)), 3e-5);
}

// Around the ends of tokens, chunks (15360 samples) and the window; 0.3, 3 and 7.67 s.
INSTANTIATE_TEST_SUITE_P(Samples, PackedDistillMosLengths,
                         ::testing::Values(0, 1, 79, 80, 81, 160, 4800, 14399, 14401, 15360, 48000, 107520,
                                           122480, 122719, 122720, 122721, 122799, 122800, 122801, 122879,
                                           122880));

TEST(PackedDistillMos, SilenceMayBeAnywhere) {
  const auto module = small_network();
  const at::NoGradGuard no_grad;
  at::Tensor late = noise_window(122880), middle = late.clone(), click = at::zeros_like(late);
  late.narrow(1, 0, 90000).zero_();
  middle.narrow(1, 30000, 60000).zero_();
  click[0][122879] = 1;
  const PackedDistillMos packed(*module);
  for (const at::Tensor& window : {late, middle, click})
    EXPECT_LT(largest_difference(packed.forward(window), module->forward(window)), 3e-5);
}

// On every tier; tiers that this processor lacks run as plain operators (tests/nn/tiers.h).
TEST(PackedDistillMos, IsNearInEveryArithmetic) {
  const auto module = small_network();
  const at::NoGradGuard no_grad;
  for (const std::int64_t samples : {48000, 122880}) {
    const DistillMosOutput expected = module->forward(noise_window(samples));
    for (const nn::Arithmetic& arithmetic : nn::all_arithmetics()) {
      if (arithmetic.linear == nn::ProductKind::int8) continue;  // not offered for this kind
      const DistillMosOutput found = PackedDistillMos(*module, arithmetic).forward(noise_window(samples));
      const bool is_exact = arithmetic.linear == nn::ProductKind::fp32;
      EXPECT_LT(largest_difference(found, expected), is_exact ? 3e-5 : 0.1) << arithmetic;
      EXPECT_NEAR(found.mos.item<double>(), expected.mos.item<double>(), 0.02) << arithmetic;
      EXPECT_EQ(found.pooled.scalar_type(), at::kFloat);
    }
  }
}

TEST(PackedDistillMos, ThreadsDoNotChangeABit) {
  const auto module = small_network();
  for (const nn::Precision precision : {nn::Precision::fp32, nn::Precision::bf16})
    for (const std::int64_t samples : {10000, 48000, 122880}) {
      std::vector<DistillMosOutput> outputs;
      for (const int threads : {1, 2, 3, 4}) {
        const testing::ThreadCount guard(threads);
        outputs.push_back(PackedDistillMos(*module, precision).forward(noise_window(samples)));
      }
      for (const DistillMosOutput& output : outputs)
        EXPECT_TRUE(same_bits(output, outputs.front())) << samples;
    }
}

TEST(PackedDistillMos, BatchMatesAndOrderDoNotChangeABit) {
  const auto module = small_network();
  const PackedDistillMos packed(*module);
  const at::Tensor a = noise_window(48000, 1), b = noise_window(122880, 2);
  const DistillMosOutput alone = packed.forward(a);
  EXPECT_TRUE(at::equal(everything(packed.forward(at::cat({a, b})))[0], everything(alone)[0]));
  EXPECT_TRUE(at::equal(everything(packed.forward(at::cat({b, a})))[1], everything(alone)[0]));
}

TEST(PackedDistillMos, MayBeCalledFromManyThreads) {
  const auto module = small_network();
  const PackedDistillMos packed(*module);
  const at::Tensor window = noise_window(48000);
  std::vector<DistillMosOutput> outputs(4);
  {
    const testing::ThreadCount guard(1);
    std::vector<std::thread> workers;
    for (DistillMosOutput& output : outputs) workers.emplace_back([&] { output = packed.forward(window); });
    for (std::thread& worker : workers) worker.join();
  }
  for (const DistillMosOutput& output : outputs) EXPECT_TRUE(same_bits(output, packed.forward(window)));
}

TEST(PackedDistillMos, KeepsItsParameters) {
  const auto module = small_network();
  const PackedDistillMos packed(*module);
  const DistillMosOutput before = packed.forward(noise_window(122880));
  {
    const at::NoGradGuard no_grad;
    for (const at::Tensor& parameter : module->parameters()) parameter.add_(1);
  }
  EXPECT_TRUE(same_bits(packed.forward(noise_window(122880)), before));
  EXPECT_TRUE(same_bits(packed.forward(noise_window(48000)), packed.forward(noise_window(48000))));
}

TEST(PackedDistillMos, TakesNoWindows) {
  const auto module = small_network();
  const DistillMosOutput output = PackedDistillMos(*module).forward(at::empty({0, 122880}));
  EXPECT_EQ(output.mos.sizes(), at::IntArrayRef({0}));
  EXPECT_EQ(output.layers.size(), 2U);
}

TEST(PackedDistillMos, RefusesOtherInput) {
  const auto module = small_network();
  EXPECT_THROW(PackedDistillMos(*module).forward(at::zeros({1, 1000})), InvalidInput);
  const std::vector<float> samples(122881);
  EXPECT_THROW(pad_to_window(samples), InvalidInput);
}

TEST(PadToWindow, PutsZerosBehind) {
  const std::vector<float> samples = {1, 2, 3};
  const at::Tensor window = pad_to_window(samples);
  EXPECT_EQ(window.sizes(), at::IntArrayRef({1, 122880}));
  EXPECT_EQ(window[0][2].item<float>(), 3);
  EXPECT_EQ(window.sum().item<float>(), 6);
  EXPECT_EQ(pad_to_window({}).abs().sum().item<float>(), 0);
}

}  // namespace
}  // namespace qamro::encoders::distillmos
