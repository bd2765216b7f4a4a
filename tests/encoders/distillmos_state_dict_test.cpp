#include "qamro/encoders/distillmos/module.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoders/small_network.h"
#include "qamro/core/error.h"

namespace qamro::encoders::distillmos {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(DistillMosStateDict, HasTheReferencesNames) {
  const io::StateDict state = state_dict(DistillMosModule());
  EXPECT_EQ(state.size(), 120U);
  for (const char* name :
       {"cnn.cnn.10.bias", "transformer_pool_attn.norm_input.running_var",
        "transformer_pool_attn.transformer.norm.num_batches_tracked",
        "transformer_pool_attn.transformer.transformer_encoder.layers.6.self_attn.in_proj_weight",
        "transformer_pool_attn.transformer.transformer_encoder.layers.0.self_attn.out_proj.bias",
        "transformer_pool_attn.transformer.position_encoding.pe",
        "transformer_pool_attn.pool.linear3.weight"})
    EXPECT_TRUE(state.contains(name)) << name;
}

TEST(DistillMosStateDict, ComesBackAsItWas) {
  const auto module = small_network();
  const auto copy = module_from_state_dict(state_dict(*module), "x.pt");
  EXPECT_FALSE(copy->is_training());
  const io::StateDict expected = state_dict(*module), found = state_dict(*copy);
  ASSERT_EQ(expected.size(), found.size());
  for (const auto& [name, tensor] : expected) {
    EXPECT_TRUE(at::equal(found.at(name), tensor)) << name;
    EXPECT_NE(found.at(name).data_ptr(), tensor.data_ptr()) << name;
  }
}

TEST(DistillMosStateDict, NamesWhatDoesNotFit) {
  const io::StateDict good = state_dict(*small_network());
  const auto load = [](const io::StateDict& state) {
    return [&state] { module_from_state_dict(state, "x.pt"); };
  };

  io::StateDict state = good;
  state.erase("transformer_pool_attn.norm_trans.running_mean");
  EXPECT_THAT(load(state),
              ThrowsMessage<CheckpointError>(HasSubstr("transformer_pool_attn.norm_trans.running_mean")));

  state = good;
  state["extra.weight"] = at::zeros({1});
  EXPECT_THAT(load(state), ThrowsMessage<CheckpointError>(HasSubstr("extra.weight")));

  state = good;
  state["transformer_pool_attn.pool.linear3.weight"] = at::zeros({2, 24});
  EXPECT_THAT(load(state),
              ThrowsMessage<CheckpointError>(AllOf(HasSubstr("transformer_pool_attn.pool.linear3.weight"),
                                                   HasSubstr("[1, 24]"), HasSubstr("[2, 24]"))));

  state = good;
  state["cnn.cnn.0.bias"] = at::zeros({16}, at::kDouble);
  EXPECT_THAT(load(state),
              ThrowsMessage<CheckpointError>(HasSubstr("'cnn.cnn.0.bias': expected Float, got Double")));
}

}  // namespace
}  // namespace qamro::encoders::distillmos
