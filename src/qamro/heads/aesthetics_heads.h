#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/heads/mlp_head.h"
#include "qamro/io/state_dict.h"

namespace qamro::heads {

// Far above real models; bounds the work of a hostile file.
inline constexpr std::int64_t kDeepestProjection = 100;
inline constexpr std::int64_t kMaxEncoderOutputs = 1001;

// Sizes and variants of Audiobox-Aesthetics' heads (`AesMultiOutput` in audiobox_aesthetics/model/aes.py).
// The comments give the reference's names of the settings.
struct AestheticsHeadsOptions {
  std::int64_t dim = 768;    // width of the encoder's layers
  std::int64_t layers = 13;  // outputs of the encoder, including the Transformer's input
  std::int64_t projection_layers =
      5;                   // proj_num_layer: linear layers per axis; all but the last are dim wide
  bool layer_norm = true;  // proj_ln: after every linear layer but the last
  Activation activation = Activation::kGelu;  // proj_act_fn: after the layer norm
  double dropout = 0.0;                       // proj_dropout: after the activation, in [0, 1)
  // use_weighted_layer_sum: each axis mixes all layers. If false, it reads only layer `nth_layer`, counted
  // from the Transformer's input as 0; a number past the end means the last layer. The reference intends
  // this, but its code cannot run.
  bool weighted_layer_sum = true;
  std::int64_t nth_layer = 13;      // must equal `layers` if weighted_layer_sum
  bool normalise_embedding = true;  // normalize_embed: scale it to length 1

  // Throws InvalidInput.
  void validate() const;
  bool operator==(const AestheticsHeadsOptions&) const = default;
};

// One head per axis over an encoder's pooled layers: layer weights, mix, normalisation, MLP.
// Parameters have the reference's names: layer_weights.<axis>,
// proj_layer.<axis>.<index in torch.nn.Sequential>.{weight,bias}.
class AestheticsHeads {
 public:
  // Starts as the reference does: equal weights for all layers, and linear layers drawn as in torch. The same
  // seed gives the same bits everywhere. Adding an axis does not change the others. Throws InvalidInput.
  AestheticsHeads(const AestheticsHeadsOptions& options, std::vector<std::string> axes, std::uint64_t seed);
  // Uses the tensors as they are, without a copy. `state` must hold the tensors of these heads and no
  // others. Throws CheckpointError that names `file` and the tensors that are missing, unexpected, misshapen
  // or not float32.
  AestheticsHeads(const AestheticsHeadsOptions& options, std::vector<std::string> axes,
                  const io::StateDict& state, std::string_view file);

  // The dropout masks of one training step over n rows; undefined if the rate is 0.
  std::vector<at::Tensor> draw_dropout(std::int64_t n, Random& random) const;
  // pooled: [n, layers, dim], the mean over time of each layer → [n, axes], in the training scale of the
  // labels. `dropout` comes from draw_dropout(); if empty, nothing is dropped. Throws InvalidInput for
  // another shape.
  at::Tensor forward(const at::Tensor& pooled, std::span<const at::Tensor> dropout = {}) const;

  io::StateDict named_parameters() const;
  std::vector<at::Tensor> parameters() const;
  const AestheticsHeadsOptions& options() const { return options_; }
  const std::vector<std::string>& axes() const { return axes_; }

 private:
  struct Head {
    at::Tensor layer_weights;  // [layers], before the softmax; undefined without a weighted sum
    std::vector<Dense> projections;
    struct Norm {
      at::Tensor weight, bias;  // [dim]
    };
    std::vector<Norm> norms;  // one per linear layer but the last; empty without layer_norm
  };

  std::size_t masks_per_head() const { return static_cast<std::size_t>(options_.projection_layers - 1); }
  at::Tensor embed(const Head& head, const at::Tensor& pooled) const;
  at::Tensor project(const Head& head, const at::Tensor& embedding,
                     std::span<const at::Tensor> dropout) const;

  AestheticsHeadsOptions options_;
  std::vector<std::string> axes_;
  std::vector<Head> heads_;
};

// Shapes of all parameters, by the reference's names.
io::TensorShapes parameter_shapes(const AestheticsHeadsOptions& options,
                                  const std::vector<std::string>& axes);

}  // namespace qamro::heads
