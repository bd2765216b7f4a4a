#include "qamro/encoders/clap/module.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoders/small_clap.h"
#include "qamro/core/error.h"

namespace qamro::encoders::clap {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

io::StateDict detached(const ClapModule& module) {
  io::StateDict state;
  for (const auto& [name, tensor] : state_dict(module)) state.emplace(name, tensor.detach().clone());
  return state;
}

at::Tensor hear(const ClapModule& module) {
  const at::NoGradGuard no_grad;
  return module.embed_audio(at::sin(at::arange(480000, at::kFloat) * 0.05).unsqueeze(0));
}

at::Tensor read(const ClapModule& module) {
  const at::NoGradGuard no_grad;
  const std::vector<std::vector<std::int64_t>> texts = {{0, 5, 6, 2}, {0, 2}};
  return module.embed_text(roberta::TokenRows::of(texts));
}

TEST(ClapStateDict, GivesTheSameModelBack) {
  const auto module = small_clap();
  const auto again = module_from_state_dict(detached(*module), "file");
  EXPECT_EQ(again->embedding_dim(), 16);
  EXPECT_TRUE(at::equal(hear(*again), hear(*module)));
  EXPECT_TRUE(at::equal(read(*again), read(*module)));
  EXPECT_NEAR(hear(*again).square().sum().item<double>(), 1.0, 1e-5);
  EXPECT_GT((read(*again)[0] - read(*again)[1]).abs().max().item<double>(), 1e-3);
}

TEST(ClapStateDict, PassesOverWhatOnlyTrainingLooksAt) {
  auto state = detached(*small_clap());
  for (const char* name : {"logit_scale_a", "logit_scale_t", "audio_transform.sequential.0.weight",
                           "text_transform.sequential.3.bias", "text_branch.embeddings.position_ids"})
    state.emplace(name, at::zeros({2}));
  EXPECT_NO_THROW(module_from_state_dict(state, "file"));
}

TEST(ClapStateDict, NamesWhatDoesNotFit) {
  const auto expect_refused = [](const std::string& name, const at::Tensor& tensor) {
    auto state = detached(*small_clap());
    state.erase(name);
    if (tensor.defined()) state.emplace(name, tensor);
    EXPECT_THAT([&] { module_from_state_dict(state, "clap.pt"); },
                ThrowsMessage<CheckpointError>(
                    ::testing::AllOf(HasSubstr("clap.pt"), HasSubstr(name.substr(name.find('.') + 1)))));
  };
  expect_refused("audio_projection.0.bias", {});
  expect_refused("audio_projection.2.weight", {});
  expect_refused("audio_projection.0.weight", at::zeros({16, 15}));
  expect_refused("text_projection.2.bias", at::zeros({16}, at::kDouble));
  expect_refused("text_branch.pooler.dense.weight", {});
  expect_refused("audio_branch.norm.weight", {});
  expect_refused("surplus.weight", at::zeros({1}));
  expect_refused("audio_branch.patch_embed.fusion_model.x", at::zeros({1}));
}

// Turns LAION's names into transformers', as its convert_clap_original_pytorch_to_hf.py does.
std::string hugging_face_name(std::string name) {
  const auto replace = [&name](const std::string& from, const std::string& to) {
    if (const auto at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
  };
  replace("_projection.0.", "_projection.linear1.");
  replace("_projection.2.", "_projection.linear2.");
  replace("text_branch.", "text_model.");
  if (!name.starts_with("audio_branch.")) return name;
  replace("audio_branch.", "audio_model.audio_encoder.");
  replace("attn.proj", "attention.output.dense");
  replace("attn.", "attention.self.");
  replace("mlp.fc1", "intermediate.dense");
  replace("mlp.fc2", "output.dense");
  replace("norm1", "layernorm_before");
  replace("norm2", "layernorm_after");
  replace("bn0", "batch_norm");
  return name;
}

io::StateDict as_hugging_face(const io::StateDict& state) {
  io::StateDict theirs;
  for (const auto& [name, tensor] : state) {
    const auto qkv = name.find("qkv.");
    if (qkv == std::string::npos) {
      theirs.emplace(hugging_face_name(name), tensor);
      continue;
    }
    const auto parts = tensor.chunk(3);
    for (std::size_t i = 0; i < 3; ++i)
      theirs.emplace(
          hugging_face_name(std::string(name).replace(qkv, 4, std::array{"query.", "key.", "value."}[i])),
          parts[i]);
  }
  return theirs;
}

TEST(ClapStateDict, ReadsTheNamesOfTransformers) {
  const auto state = detached(*small_clap());
  const auto theirs = as_hugging_face(state);
  EXPECT_TRUE(theirs.contains("audio_model.audio_encoder.layers.0.blocks.1.attention.self.key.bias"));
  const auto back = from_hugging_face(theirs, "file");
  ASSERT_EQ(back.size(), state.size());
  for (const auto& [name, tensor] : state) {
    ASSERT_TRUE(back.contains(name)) << name;
    EXPECT_TRUE(at::equal(back.at(name), tensor)) << name;
  }
  auto lacking = theirs;
  lacking.erase("audio_model.audio_encoder.layers.0.blocks.1.attention.self.key.bias");
  EXPECT_THAT([&] { from_hugging_face(lacking, "file"); },
              ThrowsMessage<CheckpointError>(HasSubstr("attn.key.bias")));
}

}  // namespace
}  // namespace qamro::encoders::clap
