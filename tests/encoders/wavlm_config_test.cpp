#include "qamro/encoders/wavlm/config.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "encoders/small_wavlm.h"
#include "qamro/core/error.h"
#include "qamro/encoders/wavlm/module.h"

namespace qamro::encoders::wavlm {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(WavLmConfig, PublishedGeometry) {
  const WavLmConfig config;
  EXPECT_NO_THROW(config.validate());
  EXPECT_EQ(config.frame_step(), 320);
  EXPECT_EQ(config.receptive_field(), 400);
  EXPECT_EQ(config.first_frames(), 31999);
  EXPECT_EQ(config.frames(), 499);
  const std::vector<std::pair<std::int64_t, std::int64_t>> frames_by_samples = {
      {1, 1}, {320, 1}, {321, 2}, {4800, 15}, {159360, 498}, {159361, 499}, {160000, 499}};
  for (const auto& [samples, frames] : frames_by_samples) EXPECT_EQ(config.valid_frames(samples), frames);
  EXPECT_EQ(config.samples_of(499), 159760);
}

TEST(WavLmConfig, SizesComeFromTheTensors) {
  const WavLmConfig small = small_wavlm_config();
  const WavLmConfig found = config_from_state_dict(state_dict(*small_wavlm()), "x.pt");
  WavLmConfig expected = small;
  expected.max_distance = 800;  // what no tensor shows is as published
  expected.window_samples = 160000;
  EXPECT_EQ(found, expected);
  EXPECT_EQ(config_from_state_dict(state_dict(*small_wavlm()), "x.pt", &small), small);
}

TEST(WavLmConfig, RefusesStridesThatNobodyTells) {
  WavLmConfig config = small_wavlm_config();
  config.conv_layers.back().kernel = 3;
  const auto state = state_dict(*small_wavlm(config));
  EXPECT_THAT([&] { config_from_state_dict(state, "x.pt"); },
              ThrowsMessage<CheckpointError>(
                  AllOf(HasSubstr("x.pt"), HasSubstr("[10, 3, 3, 3, 3, 2, 3]"), HasSubstr("strides"))));
  EXPECT_EQ(config_from_state_dict(state, "x.pt", &config), config);
}

TEST(WavLmConfig, NamesWhatContradictsTheTensors) {
  const auto state = state_dict(*small_wavlm());
  const auto refusal = [&](auto change) {
    WavLmConfig declared = small_wavlm_config();
    change(declared);
    try {
      config_from_state_dict(state, "x.pt", &declared);
    } catch (const CheckpointError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.layers = 4; }),
              HasSubstr("x.pt: encoder_layers: expected 4 as its config says, got tensors of 3"));
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.dim = 48; }), HasSubstr("encoder_embed_dim"));
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.heads = 2; }), HasSubstr("encoder_attention_heads"));
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.buckets = 32; }), HasSubstr("num_buckets"));
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.feed_forward = 41; }), HasSubstr("encoder_ffn_embed_dim"));
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.position_kernel = 15; }), HasSubstr("conv_pos"));
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.position_groups = 4; }), HasSubstr("conv_pos_groups"));
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.conv_layers[2].channels = 9; }), HasSubstr("layer 2"));
  EXPECT_THAT(refusal([](WavLmConfig& c) { c.conv_layers.pop_back(); }), HasSubstr("kernels"));
}

TEST(WavLmConfig, NamesBothConvolutionsThatDoNotFitTogether) {
  auto state = state_dict(*small_wavlm());
  at::Tensor& weight = state.at("feature_extractor.conv_layers.3.0.weight");
  weight = weight.repeat_interleave(2, 0);
  EXPECT_THAT(
      [&] { config_from_state_dict(state, "x.pt"); },
      ThrowsMessage<CheckpointError>(HasSubstr(
          "x.pt: tensor 'feature_extractor.conv_layers.4.0.weight': expected 16 inputs, the outputs of 'feature_extractor.conv_layers.3.0.weight', got 8")));
}

TEST(WavLmConfig, RefusesSizesThatDoNotFitTogether) {
  const auto expect_refused = [](auto change) {
    WavLmConfig config = small_wavlm_config();
    change(config);
    EXPECT_THROW(config.validate(), InvalidInput);
  };
  expect_refused([](WavLmConfig& c) { c.heads = 5; });
  expect_refused([](WavLmConfig& c) { c.position_groups = 5; });
  expect_refused([](WavLmConfig& c) { c.conv_layers.clear(); });
  expect_refused([](WavLmConfig& c) { c.conv_layers[0].stride = 0; });
  expect_refused([](WavLmConfig& c) { c.conv_layers[0].stride = 11; });
  expect_refused([](WavLmConfig& c) { c.conv_layers.back().channels = c.dim; });
  expect_refused([](WavLmConfig& c) { c.window_samples = 399; });
  expect_refused([](WavLmConfig& c) { c.window_samples = std::int64_t{1} << 40; });
  expect_refused([](WavLmConfig& c) { c.layers = 0; });
  expect_refused([](WavLmConfig& c) { c.buckets = 3; });
  expect_refused([](WavLmConfig& c) { c.max_distance = 4; });
  expect_refused([](WavLmConfig& c) { c.dropout = 1.0; });
  expect_refused([](WavLmConfig& c) { c.feature_gradient_scale = std::nan(""); });
}

TEST(WavLmConfigJson, ComesBack) {
  const WavLmConfig small = small_wavlm_config();
  EXPECT_EQ(config_from_json(to_json(small), "x"), small);
}

// The "cfg" of WavLM-base in Microsoft's repository, without most settings that only pre-training uses.
TEST(WavLmConfigJson, ReadsMicrosoftsSettings) {
  const Json cfg =
      Json::parse(R"({"extractor_mode": "default", "encoder_layers": 12, "encoder_embed_dim": 768,
      "encoder_ffn_embed_dim": 3072, "encoder_attention_heads": 12, "activation_fn": "gelu",
      "layer_norm_first": false, "conv_feature_layers": "[(512,10,5)] + [(512,3,2)] * 4 + [(512,2,2)] * 2",
      "conv_bias": false, "feature_grad_mult": 0.1, "normalize": false, "mask_prob": 0.8, "dropout": 0.1,
      "attention_dropout": 0.1, "activation_dropout": 0.0, "encoder_layerdrop": 0.05, "dropout_input": 0.1,
      "conv_pos": 128, "conv_pos_groups": 16, "relative_position_embedding": true, "num_buckets": 320,
      "max_distance": 800, "gru_rel_pos": true})");
  EXPECT_EQ(config_from_json(cfg, "WavLM-Base.pt: cfg"), WavLmConfig());
}

TEST(WavLmConfigJson, RefusesOtherVariantsByName) {
  const std::vector<std::pair<const char*, Json>> cases = {{"extractor_mode", "layer_norm"},
                                                           {"layer_norm_first", true},
                                                           {"activation_fn", "relu"},
                                                           {"conv_bias", true},
                                                           {"normalize", true},
                                                           {"relative_position_embedding", false},
                                                           {"gru_rel_pos", false}};
  for (const auto& [key, value] : cases) {
    Json json = to_json(WavLmConfig());
    json[key] = value;
    EXPECT_THAT([&json = json] { config_from_json(json, "x.pt: cfg"); },
                ThrowsMessage<CheckpointError>(
                    AllOf(HasSubstr("x.pt: cfg"), HasSubstr(key), HasSubstr(value.dump()))));
  }
  // WavLMConfig's own default is a network without relative positions.
  EXPECT_THAT([] { config_from_json(Json::object(), "x"); },
              ThrowsMessage<CheckpointError>(HasSubstr("relative_position_embedding")));
}

TEST(WavLmConfigJson, RefusesOtherTypesByName) {
  const std::vector<std::pair<const char*, Json>> cases = {
      {"encoder_layers", 12.5},       {"encoder_layers", "12"},  {"encoder_layers", 18446744073709551615ULL},
      {"layer_norm_first", "no"},     {"dropout", "0.1"},        {"conv_feature_layers", 3},
      {"encoder_embed_dim", true},    {"max_distance", nullptr}, {"num_buckets", Json::array({1})},
      {"encoder_attention_heads", 7}, {"encoder_layers", -1}};
  for (const auto& [key, value] : cases) {
    Json json = to_json(WavLmConfig());
    json[key] = value;
    EXPECT_THROW(config_from_json(json, "x"), CheckpointError) << key << ' ' << value;
  }
  EXPECT_THROW(config_from_json(Json::array(), "x"), CheckpointError);
}

TEST(WavLmConvLayers, ReadsPythonsNotation) {
  EXPECT_EQ(parse_conv_layers("[(512,10,5)] + [(512,3,2)] * 4 + [(512,2,2)] * 2"), published_conv_layers());
  EXPECT_EQ(parse_conv_layers(" [ ( 1 , 2 , 3 ) , (4,5,6) , ]*2 "),
            (std::vector<ConvLayer>{{1, 2, 3}, {4, 5, 6}, {1, 2, 3}, {4, 5, 6}}));
  EXPECT_EQ(parse_conv_layers(conv_layers_text(published_conv_layers())), published_conv_layers());
}

TEST(WavLmConvLayers, RefusesEverythingElse) {
  for (const char* text : {"", "[", "[(1,2)]", "[(1,2,3)", "[(1,2,3)] +", "[(1,2,3)] * 101", "[(1,2,3)] ** 2",
                           "[(-1,2,3)]", "[(1,2,99999999999999999999)]", "__import__('os')",
                           "[(1,2,3)] * 60 + [(1,2,3)] * 60", "[(1,2,3)] * 2 * 2"})
    EXPECT_THROW(parse_conv_layers(text), InvalidInput) << text;
}

}  // namespace
}  // namespace qamro::encoders::wavlm
