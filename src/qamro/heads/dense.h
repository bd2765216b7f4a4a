#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "qamro/core/enum_names.h"
#include "qamro/core/random.h"

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

}  // namespace qamro::heads
