#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/core/random.h"
#include "qamro/io/state_dict.h"

namespace qamro::heads {

// `kNone` is for the published track 1 head: three linear layers with nothing between them.
enum class Activation { kRelu, kGelu, kNone };
constexpr auto enum_names(Activation) {
  return names_table<Activation>(
      {{Activation::kRelu, "relu"}, {Activation::kGelu, "gelu"}, {Activation::kNone, "none"}});
}

// Throws InvalidInput that lists the names.
Activation parse_activation(std::string_view name);
at::Tensor activate(Activation activation, const at::Tensor& input);

// y = x Wᵀ + b. Parameters are drawn from U(-1/√in, 1/√in) as in torch.nn.Linear, but from their own stream:
// torch::nn::Linear would consume the global generator, whose state depends on earlier draws. Copies share
// their parameters, as copies of at::Tensor do; so do copies of the classes of heads.
struct Dense {
  Dense(std::int64_t input_dim, std::int64_t output_dim, Random random);
  // Uses a file's tensors as they are: [output_dim, input_dim] and [output_dim], float32.
  Dense(const at::Tensor& loaded_weight, const at::Tensor& loaded_bias);
  at::Tensor forward(const at::Tensor& input) const;

  at::Tensor weight;  // [output_dim, input_dim] float32, a leaf that takes gradients
  at::Tensor bias;    // [output_dim]
};

// A leaf that takes gradients and shares the tensor's memory.
at::Tensor as_parameter(const at::Tensor& tensor);

// The mask of inverted dropout, float32 of the given shape: 0 for a share of `rate` in [0, 1), 1 / (1 - rate)
// elsewhere. It comes from the given stream, so a resumed run draws the same mask. For rate 0 it is undefined
// and nothing is drawn.
at::Tensor draw_dropout_mask(at::IntArrayRef shape, double rate, Random& random);

// Names must be distinct and consist of letters, digits, '_' and '-'; at least one. Throws InvalidInput.
void check_axis_names(const std::vector<std::string>& axes);

// The paper's three-layer MLP: Linear - act - dropout - Linear - act - dropout - Linear, one output.
struct MlpHeadOptions {
  std::int64_t input_dim = 0;
  std::array<std::int64_t, 2> hidden = {64, 16};
  Activation activation = Activation::kRelu;
  double dropout = 0.0;        // after both hidden layers, in [0, 1)
  double input_dropout = 0.0;  // of the standardised embedding, in [0, 1)

  // Throws InvalidInput.
  void validate() const;
  bool operator==(const MlpHeadOptions&) const = default;
};

// One axis. Parameters: layers.{0,1,2}.{weight,bias}.
class MlpHead {
 public:
  // The same seed gives the same bits on every machine and with any number of threads.
  MlpHead(const MlpHeadOptions& options, std::uint64_t seed);

  // The dropout masks of one training step over n rows: of the input [n, input_dim] and of both hidden
  // layers. A mask is undefined if its rate is 0.
  std::array<at::Tensor, 3> draw_dropout(std::int64_t n, Random& random) const;
  // input: [n, input_dim] → [n], in the training scale of the labels. `dropout` comes from draw_dropout(); if
  // empty, nothing is dropped.
  at::Tensor forward(const at::Tensor& input, std::span<const at::Tensor> dropout = {}) const;
  io::StateDict named_parameters() const;

 private:
  MlpHeadOptions options_;
  std::vector<Dense> layers_;
};

// One head per axis over one embedding. Parameters: <axis>.layers.{0,1,2}.{weight,bias}. Adding an axis does
// not change the initial values of the others.
class Heads {
 public:
  // `axes` must pass check_axis_names(). Throws InvalidInput.
  Heads(const MlpHeadOptions& options, std::vector<std::string> axes, std::uint64_t seed);

  // The dropout masks of one training step over n rows, head after head.
  std::vector<at::Tensor> draw_dropout(std::int64_t n, Random& random) const;
  // input: [n, input_dim], standardised → [n, axes], in the training scale. `dropout` comes from
  // draw_dropout(); if empty, nothing is dropped.
  at::Tensor forward(const at::Tensor& input, std::span<const at::Tensor> dropout = {}) const;
  io::StateDict named_parameters() const;
  std::vector<at::Tensor> parameters() const;

  const MlpHeadOptions& options() const { return options_; }
  const std::vector<std::string>& axes() const { return axes_; }

 private:
  MlpHeadOptions options_;
  std::vector<std::string> axes_;
  std::vector<MlpHead> heads_;
};

}  // namespace qamro::heads
