#include "qamro/encoders/htsat/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "encoders/compare_stages.h"
#include "encoders/small_clap.h"
#include "encoders/small_wavlm.h"
#include "nn/tiers.h"
#include "qamro/core/error.h"

namespace qamro::encoders::htsat {
namespace {

std::shared_ptr<const HtsatModule> small_htsat() {
  return clap::small_clap()->audio_branch;
}

at::Tensor window(std::uint64_t seed = 1) {
  return 0.1 * wavlm::noise(HtsatConfig::kWindowSamples, seed).view({1, -1});
}

std::vector<at::Tensor> tensors(const HtsatOutput& output) {
  std::vector<at::Tensor> all = output.stages;
  all.push_back(output.embedding);
  return all;
}

double largest_difference(const HtsatOutput& found, const HtsatOutput& expected) {
  return testing::largest_relative_difference(tensors(found), tensors(expected));
}

HtsatOutput plain(const HtsatModule& module, const at::Tensor& audio) {
  const at::NoGradGuard no_grad;
  return module.forward(audio);
}

// Covers shifted and unshifted windows, merging, and a last stage of several windows.
TEST(PackedHtsat, EqualsTheModuleAtEveryStage) {
  const auto module = small_htsat();
  const PackedHtsat packed(module);
  for (const at::Tensor& audio : {window(), at::zeros({1, HtsatConfig::kWindowSamples}), window(2) * 1e-4})
    EXPECT_LT(largest_difference(packed.forward(audio), plain(*module, audio)), 1e-5);
}

// On every tier; tiers that this processor lacks run as plain operators (tests/nn/tiers.h).
TEST(PackedHtsat, IsNearInEveryArithmetic) {
  const auto module = small_htsat();
  const HtsatOutput expected = plain(*module, window());
  for (const nn::Arithmetic& arithmetic : nn::all_arithmetics()) {
    const double difference = largest_difference(PackedHtsat(module, arithmetic).forward(window()), expected);
    EXPECT_LT(difference, arithmetic.linear == nn::ProductKind::fp32 ? 1e-5 : 3e-2) << arithmetic;
    if (arithmetic.linear != nn::ProductKind::fp32) {
      EXPECT_GT(difference, 1e-5) << arithmetic << " rounds nothing";
    }
  }
}

TEST(PackedHtsat, IsNearThePlainReferenceOfItsTier) {
  const auto module = small_htsat();
  for (const nn::Arithmetic& fast : nn::all_arithmetics()) {
    if (fast.processor.is_plain) continue;
    nn::Arithmetic reference = fast;
    reference.processor.is_plain = true;
    const double difference = largest_difference(PackedHtsat(module, fast).forward(window()),
                                                 PackedHtsat(module, reference).forward(window()));
    EXPECT_LT(difference, fast.linear == nn::ProductKind::fp32 ? 1e-5 : 1.5e-2) << fast;
  }
}

TEST(PackedHtsat, HasTheSameBitsOnAnyNumberOfThreads) {
  const auto module = small_htsat();
  for (const nn::Precision precision : {nn::Precision::fp32, nn::Precision::bf16, nn::Precision::int8}) {
    const PackedHtsat packed(module, precision);
    const auto output_of = [&](int threads) {
      const testing::ThreadCount count(threads);
      return tensors(packed.forward(window()));
    };
    const auto alone = output_of(1), together = output_of(3);
    ASSERT_EQ(alone.size(), 3U);
    for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(at::equal(alone[i], together[i])) << i;
  }
}

TEST(PackedHtsat, SaysWhichParametersItHasCopied) {
  const auto module = small_htsat();
  std::atomic<std::int64_t> numbers = 0;
  const PackedHtsat packed(module, nn::Precision::fp32,
                           [&](const at::Tensor& parameter) { numbers += parameter.numel(); });
  std::int64_t expected = 0;
  for (const SwinStage& stage : module->stages)
    for (const at::Tensor& parameter : stage->parameters()) expected += parameter.numel();
  EXPECT_EQ(numbers, expected);
}

TEST(PackedHtsat, TakesOneWindow) {
  const PackedHtsat packed(small_htsat());
  EXPECT_THROW((void)packed.forward(at::zeros({2, HtsatConfig::kWindowSamples})), InvalidInput);
  EXPECT_THROW((void)packed.forward(at::zeros({1, 16000})), InvalidInput);
}

}  // namespace
}  // namespace qamro::encoders::htsat
