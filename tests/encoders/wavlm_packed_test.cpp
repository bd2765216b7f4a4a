#include "qamro/encoders/wavlm/packed.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "encoders/compare_stages.h"
#include "encoders/small_wavlm.h"
#include "nn/tiers.h"
#include "qamro/core/error.h"

namespace qamro::encoders::wavlm {
namespace {

struct Stages {
  at::Tensor pooled;
  WavLmOutput output;
};

Stages plain_stages(WavLmModule& module, const at::Tensor& samples) {
  const at::NoGradGuard no_grad;
  Stages stages;
  stages.output = module.forward(samples.unsqueeze(0), std::array{samples.size(0)});
  stages.pooled = pool_layers(stages.output)[0];
  return stages;
}

Stages packed_stages(const PackedWavLm& network, const at::Tensor& samples) {
  Stages stages;
  stages.pooled = network.pooled_layers(samples, stages.output);
  return stages;
}

std::vector<at::Tensor> tensors(const Stages& stages) {
  std::vector<at::Tensor> all = {stages.pooled, stages.output.convolved, stages.output.projected};
  all.insert(all.end(), stages.output.layers.begin(), stages.output.layers.end());
  return all;
}

double largest_relative_difference(const Stages& found, const Stages& expected) {
  return testing::largest_relative_difference(tensors(found), tensors(expected));
}

bool same_bits(const Stages& a, const Stages& b) {
  const auto left = tensors(a), right = tensors(b);
  for (std::size_t i = 0; i < left.size(); ++i)
    if (!at::equal(left[i], right[i])) return false;
  return true;
}

at::Tensor samples(std::int64_t length, std::uint64_t seed = 1) {
  return noise(length, seed)[0];
}

class PackedWavLmLengths : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(PackedWavLmLengths, EqualsTheModuleAtEveryStage) {
  const auto module = small_wavlm();
  const at::Tensor window = samples(GetParam());
  const Stages found = packed_stages(PackedWavLm(*module), window);
  EXPECT_LT(largest_relative_difference(found, plain_stages(*module, window)), 1e-5);
}

// Around the first frames, one block of 25 (8000 samples), several blocks, and the window (32000).
INSTANTIATE_TEST_SUITE_P(Samples, PackedWavLmLengths,
                         ::testing::Values(1, 2, 319, 320, 321, 399, 400, 401, 720, 7999, 8000, 8001, 8081,
                                           12345, 16000, 24000, 31679, 31680, 31681, 31999, 32000));

TEST(PackedWavLm, NormalisesLoudness) {
  WavLmConfig config = small_wavlm_config();
  config.normalise_rms = true;
  const auto module = small_wavlm(config);
  const PackedWavLm packed(*module);
  const at::Tensor window = samples(9000) * 1e-3;
  EXPECT_LT(largest_relative_difference(packed_stages(packed, window), plain_stages(*module, window)), 1e-5);
}

// A constant, whose variance is a difference of nearly equal sums; silence; a click after the last frame,
// which only the first normalisation feels.
TEST(PackedWavLm, EqualsTheModuleOnOddSignals) {
  const auto module = small_wavlm();
  const PackedWavLm packed(*module);
  at::Tensor click = at::zeros({8300});
  click[8299] = 1;
  for (const at::Tensor& window : {at::full({9000}, 0.7), at::zeros({9000}), click, samples(9000) + 3})
    EXPECT_LT(largest_relative_difference(packed_stages(packed, window), plain_stages(*module, window)),
              1e-4);
}

TEST(PackedWavLm, StagesAreNotNeeded) {
  const auto module = small_wavlm();
  const PackedWavLm packed(*module);
  EXPECT_TRUE(at::equal(packed.pooled_layers(samples(9000)), packed_stages(packed, samples(9000)).pooled));
}

// Ranks by a fixed direction in the pooled layers, summed over the layers: scores are made in a similar way.
TEST(PackedWavLm, OtherPrecisionsAreNearAndRankAlike) {
  const auto module = small_wavlm();
  const PackedWavLm exact(*module);
  const at::Tensor direction = noise(24, 3)[0];
  for (const nn::Precision precision : {nn::Precision::bf16, nn::Precision::int8}) {
    const PackedWavLm rounded(*module, precision);
    std::vector<double> expected, found;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const at::Tensor window = samples(8000 + 1000 * static_cast<std::int64_t>(seed), seed) +
                                0.05 * at::sin(at::arange(8000 + 1000 * static_cast<std::int64_t>(seed)) *
                                               (0.01 * static_cast<double>(seed + 1)));
      const Stages a = packed_stages(exact, window), b = packed_stages(rounded, window);
      EXPECT_LT(largest_relative_difference(b, a), 0.05) << static_cast<int>(precision);
      expected.push_back(at::mv(a.pooled, direction).sum().item<double>());
      found.push_back(at::mv(b.pooled, direction).sum().item<double>());
    }
    const auto ranks = [](const std::vector<double>& values) {
      return at::tensor(values).argsort().argsort();
    };
    const at::Tensor difference = (ranks(expected) - ranks(found)).to(at::kDouble);
    // 1 - 6 Σ d² / (n (n² - 1))
    EXPECT_GT(1 - 6 * difference.square().sum().item<double>() / (12 * (144 - 1)), 0.95);
  }
}

TEST(PackedWavLm, ThreadsDoNotChangeABit) {
  WavLmConfig config = small_wavlm_config();
  config.normalise_rms = true;
  const auto module = small_wavlm(config);
  for (const nn::Precision precision : {nn::Precision::fp32, nn::Precision::bf16, nn::Precision::int8})
    for (const std::int64_t length : {700, 9000, 32000}) {
      std::vector<Stages> outputs;
      for (const int threads : {1, 2, 3}) {
        const testing::ThreadCount guard(threads);
        outputs.push_back(packed_stages(PackedWavLm(*module, precision), samples(length)));
      }
      for (const Stages& output : outputs) EXPECT_TRUE(same_bits(output, outputs.front())) << length;
    }
}

// On every tier; tiers that this processor lacks run as plain operators (tests/nn/tiers.h).
TEST(PackedWavLm, IsNearInEveryArithmetic) {
  const auto module = small_wavlm();
  const at::Tensor window = samples(12345);
  const Stages expected = plain_stages(*module, window);
  for (const nn::Arithmetic& arithmetic : nn::all_arithmetics()) {
    const double difference =
        largest_relative_difference(packed_stages(PackedWavLm(*module, arithmetic), window), expected);
    const bool is_exact =
        arithmetic.linear == nn::ProductKind::fp32 && arithmetic.other == nn::ProductKind::fp32;
    EXPECT_LT(difference, is_exact ? 1e-5 : 0.05) << arithmetic;
    if (!is_exact) {
      EXPECT_GT(difference, 1e-5) << arithmetic << " rounds nothing";
    }
  }
}

TEST(PackedWavLm, IsNearThePlainReferenceOfItsTier) {
  const auto module = small_wavlm();
  const at::Tensor window = samples(12345);
  for (const nn::Arithmetic& fast : nn::all_arithmetics()) {
    if (fast.processor.is_plain) continue;
    nn::Arithmetic plain = fast;
    plain.processor.is_plain = true;
    const double difference = largest_relative_difference(packed_stages(PackedWavLm(*module, fast), window),
                                                          packed_stages(PackedWavLm(*module, plain), window));
    EXPECT_LT(difference, fast.linear == nn::ProductKind::fp32 ? 1e-5 : 2e-2) << fast;
  }
}

// In InferenceMode, a worker may write to the caller's tensors only if it is in that mode as well.
TEST(PackedWavLm, GivesTheSameBitsInInferenceMode) {
  const auto module = small_wavlm();
  const PackedWavLm packed(*module);
  const Stages outside = packed_stages(packed, samples(9000));
  for (const int threads : {1, 2, 3}) {
    const testing::ThreadCount guard(threads);
    const c10::InferenceMode inference;
    EXPECT_TRUE(same_bits(packed_stages(packed, samples(9000)), outside)) << threads;
  }
}

// A NaN sample makes the window's output NaN, never a finite score. The next window is unaffected.
TEST(PackedWavLm, NaNStaysNaN) {
  const auto module = small_wavlm();
  for (const nn::Precision precision : {nn::Precision::fp32, nn::Precision::bf16, nn::Precision::int8}) {
    const PackedWavLm packed(*module, precision);
    const at::Tensor before = packed.pooled_layers(samples(9000));
    at::Tensor broken = samples(9000);
    broken[4321] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(packed.pooled_layers(broken).isnan().all().item<bool>()) << static_cast<int>(precision);
    EXPECT_TRUE(at::equal(packed.pooled_layers(samples(9000)), before)) << static_cast<int>(precision);
  }
}

TEST(PackedWavLm, WhatWasComputedBeforeDoesNotChangeABit) {
  const auto module = small_wavlm();
  const PackedWavLm packed(*module);
  const Stages first = packed_stages(packed, samples(9000));
  packed.pooled_layers(samples(32000, 2));
  EXPECT_TRUE(same_bits(packed_stages(packed, samples(9000)), first));
}

TEST(PackedWavLm, MayBeCalledFromManyThreads) {
  const auto module = small_wavlm();
  const PackedWavLm packed(*module);
  const at::Tensor window = samples(9000);  // made here, since all threads share torch's random numbers
  std::vector<Stages> outputs(4);
  {
    const testing::ThreadCount guard(1);
    std::vector<std::thread> workers;
    for (Stages& output : outputs) workers.emplace_back([&] { output = packed_stages(packed, window); });
    for (std::thread& worker : workers) worker.join();
  }
  for (const Stages& output : outputs) EXPECT_TRUE(same_bits(output, packed_stages(packed, window)));
}

TEST(PackedWavLm, KeepsItsParameters) {
  const auto module = small_wavlm();
  const PackedWavLm packed(*module);
  const Stages before = packed_stages(packed, samples(9000));
  {
    const at::NoGradGuard no_grad;
    for (const at::Tensor& parameter : module->parameters()) parameter.add_(1);
  }
  EXPECT_TRUE(same_bits(packed_stages(packed, samples(9000)), before));
}

TEST(PackedWavLm, RefusesOtherInput) {
  const auto module = small_wavlm();
  const PackedWavLm packed(*module);
  EXPECT_THROW(packed.pooled_layers(at::zeros({0})), InvalidInput);
  EXPECT_THROW(packed.pooled_layers(at::zeros({32001})), InvalidInput);
  EXPECT_THROW(packed.pooled_layers(at::zeros({1, 9000})), InvalidInput);
  EXPECT_THROW(packed.pooled_layers(at::zeros({9000}, at::kDouble)), InvalidInput);
}

}  // namespace
}  // namespace qamro::encoders::wavlm
