#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoders/small_network.h"
#include "qamro/core/error.h"
#include "qamro/encoders/distillmos/config.h"
#include "qamro/encoders/distillmos/module.h"

namespace qamro::encoders::distillmos {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(DistillMosConfig, DefaultsAreVersion7) {
  const DistillMosConfig config;
  config.validate();
  EXPECT_EQ(config.frames(), 768);
  EXPECT_EQ(config.frequencies(), 4);
  EXPECT_EQ(config.token_features(), 1024);
}

TEST(DistillMosConfig, ValidTokens) {
  const DistillMosConfig config;
  EXPECT_EQ(config.valid_tokens(0), 1);
  EXPECT_EQ(config.valid_tokens(1), 1);
  EXPECT_EQ(config.valid_tokens(320), 1);
  EXPECT_EQ(config.valid_tokens(321), 2);
  EXPECT_EQ(config.valid_tokens(122880), 384);
}

TEST(DistillMosConfig, IsReadOffTheShapes) {
  const auto module = small_network();
  EXPECT_EQ(config_from_state_dict(state_dict(*module), "x.pt"), module->config());
}

TEST(DistillMosConfig, NamesTheMissingTensor) {
  io::StateDict state = state_dict(*small_network());
  state.erase("transformer_pool_attn.pool.linear1.weight");
  EXPECT_THAT([&] { config_from_state_dict(state, "x.pt"); },
              ThrowsMessage<CheckpointError>(
                  HasSubstr("x.pt: tensor 'transformer_pool_attn.pool.linear1.weight' is missing")));
  EXPECT_THROW(config_from_state_dict({}, "x.pt"), CheckpointError);
}

TEST(DistillMosConfig, NamesTheMisshapenTensor) {
  io::StateDict state = state_dict(*small_network());
  state["cnn.cnn.0.weight"] = at::zeros({16, 2, 3});
  EXPECT_THAT([&] { config_from_state_dict(state, "x.pt"); },
              ThrowsMessage<CheckpointError>(
                  HasSubstr("tensor 'cnn.cnn.0.weight': expected 4 dimensions, none empty, got [16, 2, 3]")));
}

TEST(DistillMosConfig, RefusesSizesThatDoNotFit) {
  const auto refused = [](auto&& change) {
    DistillMosConfig config;
    change(config);
    EXPECT_THROW(config.validate(), InvalidInput);
  };
  refused([](DistillMosConfig& c) { c.channels.clear(); });
  refused([](DistillMosConfig& c) { c.channels[2] = 0; });
  refused([](DistillMosConfig& c) { c.channels.resize(8, 8); });
  refused([](DistillMosConfig& c) { c.dim = 201; });
  refused([](DistillMosConfig& c) { c.tokens = 383; });
  refused([](DistillMosConfig& c) { c.layers = 0; });
  io::StateDict state = state_dict(*small_network());
  state["transformer_pool_attn.transformer.position_encoding.pe"] = at::zeros({1, 100, 24});
  EXPECT_THROW(config_from_state_dict(state, "x.pt"), CheckpointError);
}

}  // namespace
}  // namespace qamro::encoders::distillmos
