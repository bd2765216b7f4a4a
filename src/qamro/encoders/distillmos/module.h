#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>

#include <memory>
#include <string_view>
#include <vector>

#include "qamro/encoders/distillmos/config.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::distillmos {

// The network's outputs for a batch of windows.
struct DistillMosOutput {
  at::Tensor mos;     // [n], 1 to 5: the network's own score
  at::Tensor pooled;  // [n, dim]: attention-pooled tokens, the input of the network's last linear layer
  // The convolutions' output before any BatchNorm, [n, tokens, channels x frequencies], with the channel as
  // the slow index.
  at::Tensor convolved;
  // Every later stage, each [n, tokens, dim]: the projected convolution output (before the position
  // encoding), each Transformer layer's output, and the last one after its BatchNorm ("norm_trans").
  at::Tensor projected;
  std::vector<at::Tensor> layers;
  at::Tensor normalised;
};

// Self-attention over all tokens, with the parameters of torch.nn.MultiheadAttention.
class SelfAttentionImpl : public torch::nn::Module {
 public:
  SelfAttentionImpl(std::int64_t dim, std::int64_t heads);
  // tokens: [n, tokens, dim]; returns the same shape.
  at::Tensor forward(const at::Tensor& tokens);

  at::Tensor in_proj_weight, in_proj_bias;  // [3 dim, dim], [3 dim]: query, key, value
  torch::nn::Linear out_proj;

 private:
  std::int64_t heads_;
};
TORCH_MODULE(SelfAttention);

// torch.nn.TransformerEncoderLayer: normalisation after the residual sum, ReLU.
// Without dropout: the reference was trained with a rate of 0.
class EncoderLayerImpl : public torch::nn::Module {
 public:
  explicit EncoderLayerImpl(const DistillMosConfig& config);
  at::Tensor forward(const at::Tensor& tokens);

  SelfAttention self_attn;
  torch::nn::Linear linear1, linear2;
  torch::nn::LayerNorm norm1, norm2;
};
TORCH_MODULE(EncoderLayer);

// `ConvTransformerSQAModel` of the distillmos package (distillmos/sqa.py, xls_r_sqa/): its exact arithmetic
// in plain differentiable operators, with all parameters and buffers under their reference names. Training
// mode uses batch statistics in the three BatchNorms, as the reference does.
class DistillMosModule : public torch::nn::Module {
 public:
  // Throws InvalidInput for sizes that do not fit together. Parameters are initialised as in torch's layers.
  explicit DistillMosModule(const DistillMosConfig& config = {});

  // windows: float32, [n, 122880], 16 kHz, zero-padded after their last sample; the module divides each by
  // its largest magnitude. Throws InvalidInput for another shape or type.
  DistillMosOutput forward(const at::Tensor& windows);

  const DistillMosConfig& config() const { return config_; }

  // Computes the convolutions of the silence after the batch's longest window once instead of at every
  // token: the same values and gradients up to rounding, in a third of the time for clips of 2 s. Off by
  // default, so that every operator sees what the reference's operator sees.
  void share_silence(bool on) { shares_silence_ = on; }

  // Under the reference's names: cnn.cnn.0 …; transformer_pool_attn.norm_input, .transformer.norm,
  // .transformer.linear_proj, .transformer.transformer_encoder.layers.0 …, .norm_trans, .pool.linear1 to 3.
  std::vector<torch::nn::Conv2d> convolutions;
  torch::nn::BatchNorm1d norm_input{nullptr}, norm{nullptr}, norm_trans{nullptr};
  torch::nn::Linear linear_proj{nullptr};
  at::Tensor position_encoding;  // [1, tokens, dim]
  std::vector<EncoderLayer> encoder_layers;
  torch::nn::Linear pool_linear1{nullptr}, pool_linear2{nullptr}, pool_linear3{nullptr};

 private:
  void build_convolutions();
  void build_transformer();
  at::Tensor token_features(const at::Tensor& windows);
  at::Tensor convolve(at::Tensor image);
  at::Tensor convolve_sharing_silence(const at::Tensor& image);

  DistillMosConfig config_;
  bool shares_silence_ = false;
};

// Checks [n, 122880] float32; throws InvalidInput.
void check_windows(const at::Tensor& windows);

// The loaded module that the tensors describe, in inference mode (eval()); the names are the reference's.
// Throws CheckpointError that names `file` and every tensor that is missing, unexpected or misshapen, or the
// first one not of the parameter's type.
std::shared_ptr<DistillMosModule> module_from_state_dict(const io::StateDict& state, std::string_view file);

// The module's parameters and buffers by name, sharing memory: what module_from_state_dict() reads.
io::StateDict state_dict(const DistillMosModule& module);

}  // namespace qamro::encoders::distillmos
