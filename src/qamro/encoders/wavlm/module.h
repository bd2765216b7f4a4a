#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <span>
#include <vector>

#include "qamro/encoders/wavlm/config.h"
#include "qamro/encoders/wavlm/layers.h"

namespace qamro::encoders::wavlm {

// The network's outputs for a batch of windows. `frames` is the most that any of them has, or all of a window
// (compute_whole_windows). A frame that a window does not have (see `padding`) holds meaningless numbers.
struct WavLmOutput {
  at::Tensor convolved;  // [n, frames, channels]: the convolutions' output
  at::Tensor projected;  // [n, frames, dim]: normalised and projected, without position
  // [n, frames, dim] each: the Transformer's input (with its position, normalised), then each layer's output.
  std::vector<at::Tensor> layers;
  at::Tensor padding;  // bool [n, frames], true where a window has no frame; undefined: no window lacks any
};

// `WavLM` of wavlm.py as AesMultiOutput runs it: its arithmetic in plain differentiable operators, with all
// parameters under their reference names. Nothing after the longest window's last valid frame is computed,
// yet the results equal the reference's, which computes the whole zero-padded window, up to rounding: the
// first convolution has no bias, so silence adds nothing to the sums that the first normalisation takes over
// the whole window, and masked frames have no influence on others.
class WavLmModule : public torch::nn::Module {
 public:
  // Parameters are allocated, not initialised. Throws InvalidInput for sizes that do not fit together.
  explicit WavLmModule(const WavLmConfig& config = {});

  // windows: float32 [n, samples] with samples at most config().window_samples, 16 kHz, nominally [-1, 1],
  // with zeros after each one's valid samples. valid_samples: one per window, from 1 to samples; the window
  // counts as continued with zeros up to window_samples. dropout_seeds: one per window in training; without
  // any, nothing is dropped. Throws InvalidInput for other shapes, types or lengths.
  WavLmOutput forward(const at::Tensor& windows, std::span<const std::int64_t> valid_samples,
                      std::span<const std::uint64_t> dropout_seeds = {});
  // The two halves of forward(): all up to `projected` and `padding`, and then the Transformer.
  WavLmOutput front(const at::Tensor& windows, std::span<const std::int64_t> valid_samples,
                    Dropout& dropout) const;
  void add_layers(WavLmOutput& output, Dropout& dropout) const;

  const WavLmConfig& config() const { return config_; }
  // Sets config().normalise_rms.
  void normalise_rms(bool wanted) { config_.normalise_rms = wanted; }
  // Whether to compute every window to its full length and mask what it lacks, so that no shape depends on
  // the windows' lengths.
  void compute_whole_windows(bool wanted) { whole_windows_ = wanted; }

  // Under the reference's names: feature_extractor.conv_layers.<i>.0.weight, .conv_layers.0.2;
  // layer_norm; post_extract_proj; mask_emb (from pre-training, never used); encoder.pos_conv.0,
  // .layer_norm, .layers.<i>.
  std::vector<at::Tensor> convolutions;  // [channels, input channels, kernel]
  Norm first_norm{nullptr};              // of the first convolution's channels, over time
  Norm layer_norm{nullptr};              // of the last convolution's channels
  Projection post_extract_proj{nullptr};
  at::Tensor mask_emb;                                             // [dim]
  at::Tensor position_weight_g, position_weight_v, position_bias;  // [1, 1, k], [dim, dim / groups, k], [dim]
  Norm encoder_norm{nullptr};
  std::vector<TransformerLayer> encoder_layers;

  // The positional convolution's weight, from its magnitude and its direction: [dim, dim / groups, k].
  at::Tensor position_weight() const;

 private:
  void build_front_end();
  void build_encoder();
  at::Tensor convolve(const at::Tensor& windows) const;
  at::Tensor normalise_over_window(const at::Tensor& convolved) const;
  at::Tensor add_position(const at::Tensor& frames) const;
  at::Tensor apply_layer(const TransformerLayer& layer, const at::Tensor& frames, const at::Tensor& bias,
                         const at::Tensor& padding, Dropout& dropout) const;

  WavLmConfig config_;
  bool whole_windows_ = false;
};

// Each window divided by the root mean square of its valid samples. windows: [n, samples], zeros after them.
at::Tensor normalise_rms(const at::Tensor& windows, std::span<const std::int64_t> valid_samples);

// The mean of every layer over each window's frames: [n, layers + 1, dim]. `AesMultiOutput.forward` mixes the
// layers first and then takes the mean, which is the same.
at::Tensor pool_layers(const WavLmOutput& output);

}  // namespace qamro::encoders::wavlm
