#include "qamro/encoders/wavlm/module.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoders/small_wavlm.h"
#include "qamro/core/error.h"

namespace qamro::encoders::wavlm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(WavLmStateDict, HasTheReferencesNames) {
  const io::StateDict state = state_dict(WavLmModule());
  EXPECT_EQ(state.size(), 248U);  // a published checkpoint has 324, of which 76 are the heads'
  for (const char* name :
       {"mask_emb", "feature_extractor.conv_layers.0.0.weight", "feature_extractor.conv_layers.0.2.bias",
        "feature_extractor.conv_layers.6.0.weight", "layer_norm.weight", "post_extract_proj.bias",
        "encoder.pos_conv.0.weight_g", "encoder.pos_conv.0.weight_v", "encoder.pos_conv.0.bias",
        "encoder.layer_norm.bias", "encoder.layers.0.self_attn.relative_attention_bias.weight",
        "encoder.layers.11.self_attn.grep_a", "encoder.layers.11.self_attn.grep_linear.weight",
        "encoder.layers.5.self_attn.out_proj.bias", "encoder.layers.5.fc2.weight",
        "encoder.layers.5.final_layer_norm.weight", "encoder.layers.5.self_attn_layer_norm.weight"})
    EXPECT_TRUE(state.contains(name)) << name;
  EXPECT_FALSE(state.contains("encoder.layers.1.self_attn.relative_attention_bias.weight"));
}

TEST(WavLmStateDict, ListedShapesAreTheModules) {
  for (const WavLmConfig& config : {WavLmConfig(), small_wavlm_config()}) {
    io::TensorShapes shapes;
    for (const auto& [name, tensor] : state_dict(WavLmModule(config)))
      shapes.emplace(name, tensor.sizes().vec());
    EXPECT_EQ(parameter_shapes(config), shapes);
  }
}

TEST(WavLmStateDict, TakesTheTensorsAsTheyAre) {
  const WavLmConfig config = small_wavlm_config();
  const io::StateDict state = state_dict(*small_wavlm());
  const auto module = module_from_state_dict(state, "x.pt", &config);
  EXPECT_FALSE(module->is_training());
  for (const auto& item : module->named_parameters()) {
    EXPECT_EQ(item.value().data_ptr(), state.at(item.key()).data_ptr()) << item.key();
    EXPECT_TRUE(item.value().requires_grad()) << item.key();
  }
  EXPECT_EQ(module->position_weight_v.data_ptr(), state.at("encoder.pos_conv.0.weight_v").data_ptr());
}

class WavLmStateDictRefuses : public ::testing::Test {
 protected:
  std::string refusal() const {
    try {
      module_from_state_dict(state_, "x.pt", &config_);
    } catch (const CheckpointError& error) {
      return error.what();
    }
    return "none";
  }

  WavLmConfig config_ = small_wavlm_config();
  io::StateDict state_ = state_dict(*small_wavlm());
};

TEST_F(WavLmStateDictRefuses, NoneWhenAllFits) {
  EXPECT_EQ(refusal(), "none");
}

// Whichever tensor is missing, including those that the sizes are read from.
TEST_F(WavLmStateDictRefuses, AnyMissingTensor) {
  const io::StateDict whole = state_;
  for (const auto& [name, tensor] : whole) {
    state_ = whole;
    state_.erase(name);
    const std::string message = refusal();
    const bool is_named = message.find("'" + name + "'") != std::string::npos;
    // A layer without its first matrix, or a convolution without its weight, is not seen at all.
    const bool is_counted = name.ends_with("fc1.weight") || name.starts_with("feature_extractor");
    EXPECT_TRUE(is_named || is_counted) << name << ": " << message;
    EXPECT_NE(message, "none") << name;
  }
}

TEST_F(WavLmStateDictRefuses, AnyOtherShapeOrType) {
  const io::StateDict whole = state_;
  for (const auto& [name, tensor] : whole) {
    for (const at::Tensor& other : {at::cat({tensor, tensor}), at::zeros({}), at::zeros({0, 3}),
                                    tensor.unsqueeze(0), tensor.to(at::kHalf)}) {
      state_ = whole;
      state_[name] = other;
      EXPECT_NE(refusal(), "none") << name << ' ' << other.sizes();
    }
  }
}

TEST_F(WavLmStateDictRefuses, WhatIsUnexpected) {
  state_["extra.weight"] = at::zeros({1});
  EXPECT_THAT(refusal(), AllOf(HasSubstr("x.pt"), HasSubstr("'extra.weight'")));
}

// A tiny file that asks for a Transformer of a million dimensions gets an answer, not memory.
TEST_F(WavLmStateDictRefuses, SizesThatItsTensorsDoNotHave) {
  const io::StateDict whole = state_;
  state_["encoder.pos_conv.0.weight_v"] = at::zeros({1}).expand({std::int64_t{1} << 40, 1, 1});
  const auto load = [&] { module_from_state_dict(state_, "x.pt"); };
  EXPECT_THAT(load, ThrowsMessage<CheckpointError>(HasSubstr("x.pt")));
  state_ = whole;
  state_["encoder.layers.0.fc1.weight"] = at::zeros({1}).expand({std::int64_t{1} << 40, 24});
  EXPECT_THAT(load, ThrowsMessage<CheckpointError>(HasSubstr("fc1.bias")));
}

}  // namespace
}  // namespace qamro::encoders::wavlm
