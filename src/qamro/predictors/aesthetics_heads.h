#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/io/state_dict.h"
#include "qamro/predictors/dense.h"

namespace qamro::predictors {

// Sizes and variants of Audiobox-Aesthetics' heads (`AesMultiOutput` in audiobox_aesthetics/model/aes.py);
// the comments name its settings.
struct AestheticsHeadsOptions {
  std::int64_t dim = 768;    // of the encoder's layers
  std::int64_t layers = 13;  // outputs of the encoder, the Transformer's input among them
  std::int64_t projection_layers =
      5;                   // proj_num_layer: linear layers of an axis' MLP, all but the last dim wide
  bool layer_norm = true;  // proj_ln: behind each of them but the last
  Activation activation = Activation::kGelu;  // proj_act_fn: behind that
  double dropout = 0.0;                       // proj_dropout: behind that, in [0, 1)
  // use_weighted_layer_sum: each axis mixes all layers. Otherwise it reads layer `nth_layer` (0 is the
  // Transformer's input; beyond the last: the last), which the reference means to do, but its code cannot
  // run.
  bool weighted_layer_sum = true;
  std::int64_t nth_layer = 13;      // with a weighted sum: as many as there are layers
  bool normalise_embedding = true;  // normalize_embed: to length 1

  // Throws InvalidInput.
  void validate() const;
  bool operator==(const AestheticsHeadsOptions&) const = default;
};

// One head an axis over an encoder's pooled layers: layer weights, mix, normalisation, MLP. Parameters by the
// reference's names: layer_weights.<axis>, proj_layer.<axis>.<index in torch.nn.Sequential>.{weight,bias}.
class AestheticsHeads {
 public:
  // As the reference starts: all layers alike, linear layers as torch draws them. The same seed gives the
  // same bits everywhere; adding an axis does not change the others. Throws InvalidInput.
  AestheticsHeads(const AestheticsHeadsOptions& options, std::vector<std::string> axes, std::uint64_t seed);
  // Takes the tensors as they are, without a copy; `state` holds these heads' and no others. Throws
  // CheckpointError that names every tensor that is missing, unexpected, misshapen or not float32, and
  // `file`.
  AestheticsHeads(const AestheticsHeadsOptions& options, std::vector<std::string> axes,
                  const io::StateDict& state, std::string_view file);

  // The masks of one training step over n rows; undefined where the rate is 0.
  std::vector<at::Tensor> draw_dropout(std::int64_t n, Random& random) const;
  // pooled: [n, layers, dim], the mean over time of each layer → [n, axes], in the training scale of the
  // labels. `dropout`: as drawn; empty: nothing is dropped. Throws InvalidInput for another shape.
  at::Tensor forward(const at::Tensor& pooled, std::span<const at::Tensor> dropout = {}) const;

  io::StateDict named_parameters() const;
  std::vector<at::Tensor> parameters() const;
  const AestheticsHeadsOptions& options() const { return options_; }
  const std::vector<std::string>& axes() const { return axes_; }

 private:
  struct Head {
    at::Tensor layer_weights;  // [layers], before their softmax; undefined without a weighted sum
    std::vector<Dense> projections;
    struct Norm {
      at::Tensor weight, bias;  // [dim]
    };
    std::vector<Norm> norms;  // one a projection but the last; empty without layer_norm
  };

  std::size_t masks_a_head() const { return static_cast<std::size_t>(options_.projection_layers - 1); }
  at::Tensor embed(const Head& head, const at::Tensor& pooled) const;
  at::Tensor project(const Head& head, const at::Tensor& embedding,
                     std::span<const at::Tensor> dropout) const;

  AestheticsHeadsOptions options_;
  std::vector<std::string> axes_;
  std::vector<Head> heads_;
};

// Every parameter of such heads, by the reference's name.
io::TensorShapes parameter_shapes(const AestheticsHeadsOptions& options,
                                  const std::vector<std::string>& axes);

}  // namespace qamro::predictors
