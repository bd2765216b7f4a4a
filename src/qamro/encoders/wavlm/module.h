#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "qamro/encoders/wavlm/config.h"
#include "qamro/io/state_dict.h"
#include "qamro/nn/layers.h"
#include "qamro/nn/precision.h"

namespace qamro::encoders::wavlm {

// The dropout of one training step, with one stream of random numbers per window. What is dropped in a window
// depends on its seed alone, not on the windows beside it; the same seed drops the same again. Without seeds
// nothing is dropped.
class Dropout {
 public:
  Dropout() = default;
  explicit Dropout(std::span<const std::uint64_t> seeds);  // one per window

  // values: [n, …]. Each becomes 0 with probability `rate`; the others grow by 1 / (1 - rate).
  at::Tensor operator()(const at::Tensor& values, double rate);
  // Which windows leave a layer out: bool [n], or undefined if none can.
  at::Tensor left_out(double rate);

 private:
  std::vector<at::Generator> streams_;
};

using nn::Norm;
using nn::Projection;

// `MultiheadAttention` of wavlm.py: self-attention with a bias by distance that each query scales for itself.
class GatedAttentionImpl : public torch::nn::Module {
 public:
  // has_bias: for the first layer, which holds the bias that all layers share.
  GatedAttentionImpl(const WavLmConfig& config, bool has_bias);

  // frames: [n, frames, dim]; bias: [heads, frames, frames]; padding: bool [n, frames], true where there is
  // no key (undefined: every frame is a key). Returns [n, frames, dim].
  at::Tensor forward(const at::Tensor& frames, const at::Tensor& bias, const at::Tensor& padding,
                     Dropout& dropout) const;
  // How each query scales the bias, [n, heads, frames, 1].
  at::Tensor gate(const at::Tensor& frames) const;

  at::Tensor relative_attention_bias;  // [buckets, heads]; defined only in the first layer
  at::Tensor grep_a;                   // [1, heads, 1, 1]
  Projection grep_linear;              // [8, dim / heads]
  Projection k_proj, v_proj, q_proj, out_proj;

 private:
  at::Tensor split_heads(const at::Tensor& frames) const;

  std::int64_t heads_;
  double dropout_;
};
TORCH_MODULE(GatedAttention);

// `TransformerSentenceEncoderLayer` with layer_norm_first = False: normalisation after the residual
// sum, GELU.
class TransformerLayerImpl : public torch::nn::Module {
 public:
  TransformerLayerImpl(const WavLmConfig& config, bool has_bias);
  // As GatedAttentionImpl::forward.
  at::Tensor forward(const at::Tensor& frames, const at::Tensor& bias, const at::Tensor& padding,
                     Dropout& dropout) const;

  GatedAttention self_attn;
  Norm self_attn_layer_norm;
  Projection fc1, fc2;
  Norm final_layer_norm;

 private:
  at::Tensor feed_forward(const at::Tensor& frames, Dropout& dropout) const;

  double dropout_, activation_dropout_;
};
TORCH_MODULE(TransformerLayer);

// Bucket of each relative position (key minus query, int64, any shape): one bucket per short distance,
// logarithmically wider ones up to max_distance, and the last for all beyond. Keys after the query are in
// the upper half. Uses the float32 arithmetic of `MultiheadAttention._relative_positions_bucket`, so that
// distances at a bucket's edge fall into the same bucket. Distances are exact in float32.
at::Tensor relative_position_buckets(const at::Tensor& relative_positions, std::int64_t buckets,
                                     std::int64_t max_distance);

// The learned bias of every relative position from -(frames - 1) to frames - 1 in turn,
// [heads, 2 frames - 1]. embedding: [buckets, heads].
at::Tensor position_bias_by_distance(const at::Tensor& embedding, std::int64_t frames,
                                     std::int64_t max_distance);

// The same for every query and key, [heads, frames, frames]: element [h, i, j] is
// by_distance[h, j - i + frames - 1]. `MultiheadAttention.compute_bias`.
at::Tensor position_bias(const at::Tensor& by_distance);

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

// The shape of every parameter of a network of these sizes, by the reference's name.
io::TensorShapes parameter_shapes(const WavLmConfig& config);

// The module's parameters by the reference's names, sharing memory.
io::StateDict state_dict(const WavLmModule& module);

// The module that the tensors (and `declared`, see config_from_state_dict) describe, in inference mode
// (eval()). It uses the tensors without a copy. A file's tensors are in a mapping that the system pages in as
// needed; writing into them, as training does, does not alter the file. Throws CheckpointError that names
// `file` and every tensor that is missing, unexpected or misshapen, or the first one that is not float32.
std::shared_ptr<WavLmModule> module_from_state_dict(const io::StateDict& state, std::string_view file,
                                                    const WavLmConfig* declared = nullptr);

// WavLM on a GPU: batches of a fixed number of windows, each computed to its full length and masked after its
// samples, as in the reference, so that a window's numbers do not depend on its batch mates. Thread-safe.
class DeviceWavLm {
 public:
  // Takes over the module and moves it to the device, which must be open (nn/device.h). precision: not int8.
  DeviceWavLm(std::shared_ptr<WavLmModule> module, nn::Precision precision, c10::Device device,
              std::int64_t batch);

  // windows: n = 1 to batch() of them, 1 to config().window_samples samples each, 16 kHz, nominally [-1, 1].
  // Returns [batch(), layers + 1, dim] float32 on the device, as pool_layers() does; rows after the first n
  // are meaningless. Throws InvalidInput for other numbers.
  at::Tensor pooled_layers(std::span<const std::span<const float>> windows) const;

  std::int64_t batch() const { return batch_; }
  const WavLmConfig& config() const { return module_->config(); }

 private:
  std::shared_ptr<WavLmModule> module_;
  nn::Precision precision_;
  c10::Device device_;
  std::int64_t batch_;
};

}  // namespace qamro::encoders::wavlm
