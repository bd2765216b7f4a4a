#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "qamro/io/state_dict.h"
#include "qamro/nn/layers.h"

namespace qamro::encoders::roberta {

// Sizes of a RoBERTa network (`RobertaModel` of Hugging Face's transformers). The defaults are
// roberta-base's, which is what LAION-CLAP builds (laion_clap/clap_module/model.py).
struct RobertaConfig {
  // Shown by the tensors' shapes.
  std::int64_t vocabulary = 50265;
  std::int64_t positions = 514;  // rows of the table of positions; no token has the first two
  std::int64_t token_types = 1;
  std::int64_t dim = 768;
  std::int64_t feed_forward = 3072;  // inner size of its layers
  std::int64_t layers = 12;

  // Shown by no tensor.
  std::int64_t heads = 12;
  double norm_epsilon = 1e-5;

  // Position of a text's first token: `padding_idx` + 1.
  static constexpr std::int64_t kFirstPosition = 2;
  // Tokens of the longest text.
  std::int64_t longest() const { return positions - kFirstPosition; }

  // Throws InvalidInput if the sizes do not fit together.
  void validate() const;

  bool operator==(const RobertaConfig&) const = default;
};

// Reads the sizes from the tensors' shapes; heads and epsilon are as in `declared`. Throws CheckpointError,
// naming `file` and the tensor or size, if a needed tensor is missing or its shape cannot belong to a
// RoBERTa network.
RobertaConfig config_from_state_dict(const io::StateDict& state, std::string_view file,
                                     const RobertaConfig& declared = {});

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

// The module that the tensors (and `declared`, see config_from_state_dict) describe, in inference mode
// (eval()). It uses them without a copy (encoders/module_state.h). The buffers `embeddings.position_ids` and
// `.token_type_ids`, which transformers kept in its files for some years and which hold only constants, are
// optional. Throws CheckpointError that names `file` and every tensor that is missing, unexpected or
// misshapen, or the first one that is not float32.
std::shared_ptr<RobertaModule> module_from_state_dict(io::StateDict state, std::string_view file,
                                                      const RobertaConfig& declared = {});

// RobertaModule for inference on the CPU, one text at a time, with the same results up to rounding. torch's
// intra-op threads read its parameters in place, each once per text. A text's bits do not depend on the
// number of threads. Thread-safe: for the most texts per second, call it from as many threads as there are
// cores, with at::set_num_threads(1).
class InferenceRoberta {
 public:
  explicit InferenceRoberta(std::shared_ptr<const RobertaModule> module) : module_(std::move(module)) {}

  // tokens: of one text. Like RobertaModule::forward for that text: [tokens, dim] per layer, [1, dim] pooled.
  // Throws the same.
  RobertaOutput forward(std::span<const std::int64_t> tokens) const;

 private:
  std::shared_ptr<const RobertaModule> module_;
};

}  // namespace qamro::encoders::roberta
