#include "qamro/encoders/roberta/module.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "encoders/compare_stages.h"
#include "encoders/small_clap.h"
#include "encoders/small_wavlm.h"
#include "qamro/core/error.h"

namespace qamro::encoders::roberta {
namespace {

using Tokens = std::vector<std::int64_t>;

std::shared_ptr<const RobertaModule> small_roberta() {
  return clap::small_clap()->text_branch;
}

Tokens tokens(std::int64_t count) {
  Tokens ids;
  for (std::int64_t i = 0; i < count; ++i) ids.push_back((i * 37 + 5) % 300);
  return ids;
}

std::vector<at::Tensor> tensors(const RobertaOutput& output) {
  std::vector<at::Tensor> all = output.layers;
  all.push_back(output.pooled);
  return all;
}

TEST(InferenceRoberta, EqualsTheModuleAtEveryLayer) {
  const auto module = small_roberta();
  const InferenceRoberta inference(module);
  const at::NoGradGuard no_grad;
  for (const std::int64_t count : {1, 2, 20, 78}) {
    const Tokens text = tokens(count);
    const auto expected = tensors(module->forward(TokenRows::of({&text, 1})));
    ASSERT_EQ(expected.size(), 4U);
    EXPECT_LT(testing::largest_relative_difference(tensors(inference.forward(text)), expected), 1e-5)
        << count;
  }
}

// Wide enough for its products to be split among threads.
std::shared_ptr<const RobertaModule> wide_roberta() {
  RobertaConfig config;
  config.vocabulary = 300;
  config.positions = 80;
  config.dim = 120;
  config.feed_forward = 260;
  config.layers = 2;
  auto module = std::make_shared<RobertaModule>(config);
  at::manual_seed(3);
  const at::NoGradGuard no_grad;
  for (const at::Tensor& parameter : module->parameters()) parameter.normal_(0, 0.2);
  return module;
}

TEST(InferenceRoberta, HasTheSameBitsOnAnyNumberOfThreads) {
  const InferenceRoberta inference(wide_roberta());
  const auto output_of = [&](int threads) {
    const testing::ThreadCount count(threads);
    return tensors(inference.forward(tokens(33)));
  };
  const auto alone = output_of(1), together = output_of(3);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(at::equal(alone[i], together[i])) << i;
}

TEST(InferenceRoberta, RefusesWhatTheModuleRefuses) {
  const InferenceRoberta inference(small_roberta());
  EXPECT_THROW((void)inference.forward(Tokens()), InvalidInput);
  EXPECT_THROW((void)inference.forward(Tokens{300}), InvalidInput);
  EXPECT_THROW((void)inference.forward(Tokens{-1}), InvalidInput);
  EXPECT_THROW((void)inference.forward(tokens(79)), InvalidInput);
}

}  // namespace
}  // namespace qamro::encoders::roberta
