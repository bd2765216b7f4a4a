#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <span>
#include <vector>

#include "qamro/encoders/roberta/config.h"
#include "qamro/nn/layers.h"

namespace qamro::encoders::roberta {

// Consecutive texts without padding between them.
struct TokenRows {
  at::Tensor ids;                     // int64 [rows]
  std::vector<std::int64_t> lengths;  // one per text, at least 1 each; their sum is `rows`

  static TokenRows of(std::span<const std::vector<std::int64_t>> texts);
};

struct RobertaOutput {
  // [rows, dim] each: the embeddings, normalised, then each layer's output.
  std::vector<at::Tensor> layers;
  at::Tensor pooled;  // [texts, dim]: tanh of a linear map of each text's first token
};

// `RobertaSelfAttention` and `RobertaSelfOutput`, with the residual sum and its normalisation.
class AttentionImpl : public torch::nn::Module {
 public:
  explicit AttentionImpl(const RobertaConfig& config);
  // rows: [rows, dim]; the rows of one text attend to each other. Returns [rows, dim].
  at::Tensor forward(const at::Tensor& rows, at::IntArrayRef lengths) const;

  nn::Projection query{nullptr}, key{nullptr}, value{nullptr}, dense{nullptr};
  nn::Norm norm{nullptr};

 private:
  std::int64_t heads_;
};
TORCH_MODULE(Attention);

// `RobertaLayer`: normalisation after the residual sums, GELU (by erf).
class LayerImpl : public torch::nn::Module {
 public:
  explicit LayerImpl(const RobertaConfig& config);
  at::Tensor forward(const at::Tensor& rows, at::IntArrayRef lengths) const;

  Attention attention;
  nn::Projection intermediate{nullptr}, output{nullptr};
  nn::Norm output_norm{nullptr};
};
TORCH_MODULE(Layer);

// `RobertaModel` as LAION-CLAP runs it: its arithmetic in plain differentiable operators, with all parameters
// under their reference names. Runs on real tokens only, with the same result, since the reference masks its
// padding. Without dropout: CLAP_Module calls eval() before each embedding, even in the published training.
class RobertaModule : public torch::nn::Module {
 public:
  // Parameters are allocated, not initialised. Throws InvalidInput for sizes that do not fit together.
  explicit RobertaModule(const RobertaConfig& config = {});

  // Throws InvalidInput for no text, an empty one, one longer than config().longest(), and ids outside
  // the vocabulary.
  RobertaOutput forward(const TokenRows& texts) const;
  // The first of RobertaOutput::layers: [rows, dim], the normalised sum of each token's three embeddings.
  // Throws the same.
  at::Tensor embed(const TokenRows& texts) const;

  const RobertaConfig& config() const { return config_; }

  at::Tensor word_embeddings, position_embeddings, token_type_embeddings;  // [rows of the table, dim]
  nn::Norm embeddings_norm{nullptr};
  std::vector<Layer> layers;
  nn::Projection pooler{nullptr};

 private:
  RobertaConfig config_;
};

}  // namespace qamro::encoders::roberta
