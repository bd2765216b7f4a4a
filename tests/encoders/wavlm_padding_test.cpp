// What the module leaves out changes nothing: compares it with the reference's way, which computes the whole
// zero-padded window and masks afterwards, in torch's own operators.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <limits>

#include "encoders/small_wavlm.h"
#include "qamro/encoders/wavlm/module.h"

namespace qamro::encoders::wavlm {
namespace {

struct Padded {
  at::Tensor convolved;            // [1, all frames, channels]
  std::vector<at::Tensor> layers;  // [1, all frames, dim]
};

at::Tensor attend(const GatedAttention& attention, const at::Tensor& x, const at::Tensor& bias,
                  const at::Tensor& masked) {
  const auto heads = [&](const at::Tensor& t) { return t.unflatten(2, {bias.size(0), -1}).transpose(1, 2); };
  const at::Tensor added =
      (attention->gate(x) * bias)
          .masked_fill(masked.view({1, 1, 1, -1}), -std::numeric_limits<double>::infinity());
  const at::Tensor mixed = at::scaled_dot_product_attention(heads(attention->q_proj->forward(x)),
                                                            heads(attention->k_proj->forward(x)),
                                                            heads(attention->v_proj->forward(x)), added);
  return attention->out_proj->forward(mixed.transpose(1, 2).flatten(2));
}

Padded compute_all(WavLmModule& module, const at::Tensor& samples) {
  const WavLmConfig& config = module.config();
  at::Tensor x = padded(samples, config.window_samples).unsqueeze(1);
  for (std::size_t i = 0; i < module.convolutions.size(); ++i) {
    x = at::conv1d(x, module.convolutions[i], {}, config.conv_layers[i].stride);
    if (i == 0) x = at::group_norm(x, x.size(1), module.first_norm->weight, module.first_norm->bias);
    x = at::gelu(x);
  }
  Padded out;
  out.convolved = x.transpose(1, 2);
  x = module.post_extract_proj->forward(module.layer_norm->forward(out.convolved));
  // forward_padding_mask: the samples, cut to a multiple of the frames, are divided equally among the frames.
  const std::int64_t frames = x.size(1), each = config.window_samples / frames;
  const at::Tensor valid = at::arange(config.window_samples) < samples.size(1);
  const at::Tensor masked = valid.narrow(0, 0, frames * each).view({frames, each}).any(1).logical_not();
  x = x.masked_fill(masked.view({1, -1, 1}), 0);
  const at::Tensor position = at::conv1d(x.transpose(1, 2), module.position_weight(), module.position_bias, 1,
                                         config.position_kernel / 2, 1, config.position_groups);
  x = module.encoder_norm->forward(x + at::gelu(position.narrow(2, 0, position.size(2) - 1)).transpose(1, 2));
  out.layers.push_back(x);
  const auto& embedding = module.encoder_layers.front()->self_attn->relative_attention_bias;
  const at::Tensor bias = position_bias(position_bias_by_distance(embedding, frames, config.max_distance));
  for (const TransformerLayer& layer : module.encoder_layers) {
    x = layer->self_attn_layer_norm->forward(x + attend(layer->self_attn, x, bias, masked));
    x = layer->final_layer_norm->forward(x + layer->fc2->forward(at::gelu(layer->fc1->forward(x))));
    out.layers.push_back(x);
  }
  return out;
}

void expect_near(const at::Tensor& found, const at::Tensor& expected, const std::string& what) {
  ASSERT_EQ(found.sizes(), expected.sizes()) << what;
  EXPECT_LE((found - expected).abs().max().item<double>(), 2e-5) << what;
}

// Lengths around the edges of frames, of the receptive field and of the window.
TEST(WavLmPadding, ShortClipsAreAsInTheReference) {
  const auto module = small_wavlm();
  const at::NoGradGuard no_grad;
  for (const std::int64_t length : {1, 5, 9, 10, 320, 321, 323, 324, 400, 646, 647, 4800, 16000, 31600, 31977,
                                    31978, 31990, 31999, 32000}) {
    const at::Tensor samples = noise(length);
    const Padded expected = compute_all(*module, samples);
    const WavLmOutput found = module->forward(samples, std::array{length});
    const std::int64_t frames = module->config().valid_frames(length);
    const std::string what = std::to_string(length);
    expect_near(found.convolved, expected.convolved.narrow(1, 0, frames), what + " convolved");
    ASSERT_EQ(found.layers.size(), expected.layers.size());
    for (std::size_t i = 0; i < found.layers.size(); ++i)
      expect_near(found.layers[i], expected.layers[i].narrow(1, 0, frames), what + " layer");
    EXPECT_FALSE(found.padding.defined());
    const at::Tensor pooled = pool_layers(found);
    for (std::size_t i = 0; i < found.layers.size(); ++i)
      expect_near(pooled.select(1, static_cast<std::int64_t>(i)),
                  expected.layers[i].narrow(1, 0, frames).mean(1), what + " pooled");
  }
}

TEST(WavLmPadding, SilenceBehindTheValidSamplesIsTheSameAsNone) {
  const auto module = small_wavlm();
  const at::NoGradGuard no_grad;
  const at::Tensor samples = noise(5000);
  const at::Tensor bare = pool_layers(module->forward(samples, std::array{std::int64_t{5000}}));
  const at::Tensor with_silence =
      pool_layers(module->forward(padded(samples, 32000), std::array{std::int64_t{5000}}));
  EXPECT_TRUE(at::equal(bare, with_silence));
  // Silence that counts as heard is another clip.
  const at::Tensor heard =
      pool_layers(module->forward(padded(samples, 32000), std::array{std::int64_t{32000}}));
  EXPECT_GT((heard - bare).abs().max().item<double>(), 0.01);
}

TEST(WavLmPadding, BatchMatesOfOtherLengthsDoNotMatter) {
  const auto module = small_wavlm();
  const at::NoGradGuard no_grad;
  const std::vector<std::int64_t> lengths = {700, 32000, 9000};
  std::vector<at::Tensor> windows;
  for (std::size_t i = 0; i < lengths.size(); ++i) windows.push_back(padded(noise(lengths[i], i + 1), 32000));
  const WavLmOutput together = module->forward(at::cat(windows), lengths);
  const at::Tensor pooled = pool_layers(together);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const WavLmOutput alone = module->forward(windows[i], std::array{lengths[i]});
    expect_near(pooled.narrow(0, row, 1), pool_layers(alone), "pooled");
    const std::int64_t frames = alone.layers.back().size(1);
    expect_near(together.layers.back().narrow(0, row, 1).narrow(1, 0, frames), alone.layers.back(), "layer");
    EXPECT_EQ(together.padding[row].sum().item<std::int64_t>(), together.padding.size(1) - frames);
  }
}

}  // namespace
}  // namespace qamro::encoders::wavlm
