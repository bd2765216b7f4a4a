#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "encoders/small_network.h"
#include "qamro/core/error.h"
#include "qamro/encoders/distillmos/embedding_layout.h"

namespace qamro::encoders::distillmos {
namespace {

// Two windows and two layers. The first window has 2 valid tokens and NaN after them; all of the second's
// are valid.
DistillMosOutput made_up_output(const DistillMosConfig& config) {
  at::manual_seed(2);
  const auto stage = [&](std::int64_t width) {
    at::Tensor tokens = at::randn({2, config.tokens, width});
    tokens[0].narrow(0, 2, config.tokens - 2).fill_(std::numeric_limits<float>::quiet_NaN());
    return tokens;
  };
  DistillMosOutput output;
  output.mos = at::randn({2});
  output.pooled = at::randn({2, config.dim});
  output.convolved = stage(config.token_features());
  output.projected = stage(config.dim);
  output.layers = {stage(config.dim), stage(config.dim)};
  output.normalised = stage(config.dim);
  return output;
}

TEST(EmbeddingLayout, IsReadAndWritten) {
  for (const char* text : {"mos", "pooled", "convolved.mean", "projected.mean", "normalised.std.all",
                           "layer7.mean+layer1.std.all+mos"})
    EXPECT_EQ(EmbeddingLayout::parse(text).to_string(), text);
  const EmbeddingLayout layout = EmbeddingLayout::parse("layer3.std.all+pooled");
  ASSERT_EQ(layout.parts.size(), 2U);
  EXPECT_EQ(layout.parts[0], (EmbeddingPart{Stage::layer, 3, Statistic::std, false}));
  EXPECT_EQ(layout.dimension({}), 400);
}

TEST(EmbeddingLayout, NamesWhatItCannotRead) {
  for (const char* text : {"", "+", "mos+", "mos.mean", "pooled.all", "layer", "layer0.mean", "layer-1.mean",
                           "layer1", "layer1.", "layer1.median", "layer1.mean.some", "layer1.mean.all.all",
                           "layer99999999999999999999.mean", "layer1x.mean", " mos", "Layer1.mean"})
    EXPECT_THROW(EmbeddingLayout::parse(text), InvalidInput) << '"' << text << '"';
  EXPECT_THAT([] { EmbeddingLayout::parse("mos+layer1.median"); },
              ::testing::ThrowsMessage<InvalidInput>(::testing::HasSubstr("got 'layer1.median'")));
}

TEST(EmbeddingLayout, RefusesLayersThatAreNotThere) {
  const DistillMosConfig config = small_network()->config();
  EXPECT_NO_THROW(EmbeddingLayout::parse("layer2.mean").validate(config));
  EXPECT_THROW(EmbeddingLayout::parse("layer3.mean").validate(config), InvalidInput);
  EXPECT_THROW(EmbeddingLayout{}.validate(config), InvalidInput);
}

TEST(Embedding, IsTheStatisticsOverValidTokens) {
  const DistillMosConfig config = small_network()->config();
  const DistillMosOutput output = made_up_output(config);
  const EmbeddingLayout layout =
      EmbeddingLayout::parse("mos+projected.mean+layer2.std+normalised.mean+pooled+layer1.mean");
  const at::Tensor found = embed(layout, config, output, {640, 122880});
  ASSERT_EQ(found.sizes(), at::IntArrayRef({2, layout.dimension(config)}));
  const at::Tensor a = output.projected[0][0], b = output.projected[0][1];
  const at::Tensor c = output.layers[1][0][0], d = output.layers[1][0][1];
  EXPECT_EQ(found[0][0].item<float>(), output.mos[0].item<float>());
  EXPECT_TRUE(at::allclose(found[0].narrow(0, 1, 24), (a + b) / 2, 1e-6, 1e-6));
  EXPECT_TRUE(at::allclose(found[0].narrow(0, 25, 24), (c - d).abs() / 2, 1e-5, 1e-6));
  EXPECT_TRUE(at::equal(found[0].narrow(0, 73, 24), output.pooled[0]));
  EXPECT_TRUE(at::allclose(found[1].narrow(0, 97, 24), output.layers[0][1].mean(0), 1e-6, 1e-6));
  EXPECT_TRUE(at::isfinite(found).all().item<bool>());
}

TEST(Embedding, OfTheConvolutionsIsAsWideAsTheyAre) {
  const DistillMosConfig config = small_network()->config();
  const DistillMosOutput output = made_up_output(config);
  const EmbeddingLayout layout = EmbeddingLayout::parse("convolved.mean+mos");
  EXPECT_EQ(layout.dimension(config), config.token_features() + 1);
  const at::Tensor found = embed(layout, config, output, {640, 122880});
  ASSERT_EQ(found.sizes(), at::IntArrayRef({2, config.token_features() + 1}));
  const at::Tensor expected = (output.convolved[0][0] + output.convolved[0][1]) / 2;
  EXPECT_TRUE(at::allclose(found[0].narrow(0, 0, config.token_features()), expected, 1e-6, 1e-6));
}

TEST(Embedding, AllTakesThePaddingIn) {
  const DistillMosConfig config = small_network()->config();
  const at::Tensor found =
      embed(EmbeddingLayout::parse("layer1.mean.all"), config, made_up_output(config), {640, 122880});
  EXPECT_TRUE(at::isnan(found[0]).all().item<bool>());
  EXPECT_TRUE(at::isfinite(found[1]).all().item<bool>());
}

TEST(Embedding, OfOneTokenHasNoSpread) {
  const DistillMosConfig config = small_network()->config();
  const at::Tensor found =
      embed(EmbeddingLayout::parse("layer1.std"), config, made_up_output(config), {1, 122880});
  EXPECT_TRUE(found[0].eq(0).all().item<bool>());
}

TEST(Embedding, RefusesSampleCountsThatDoNotFit) {
  const DistillMosConfig config = small_network()->config();
  const DistillMosOutput output = made_up_output(config);
  const EmbeddingLayout layout = EmbeddingLayout::parse("mos");
  EXPECT_THROW(embed(layout, config, output, {1}), InvalidInput);
  EXPECT_THROW(embed(layout, config, output, {1, 122881}), InvalidInput);
  EXPECT_THROW(embed(layout, config, output, {-1, 1}), InvalidInput);
}

}  // namespace
}  // namespace qamro::encoders::distillmos
