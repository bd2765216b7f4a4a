#include "qamro/nn/onednn.h"

#include <ATen/ATen.h>
#include <ATen/core/List.h>
#include <c10/core/Scalar.h>

#include <array>
#include <optional>
#include <string_view>

#include "qamro/nn/parallel.h"
#include "qamro/nn/torch_operator.h"

namespace qamro::nn {
namespace {

using Scalars = at::List<std::optional<at::Scalar>>;
using Text = std::string_view;
using Tensor = at::Tensor;
using Maybe = std::optional<at::Tensor>;
using Ints = at::IntArrayRef;

constexpr std::array<std::int64_t, 2> kNoPadding = {0, 0};
constexpr std::array<std::int64_t, 2> kUnit = {1, 1};  // stride and dilation

const char* attribute(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "relu";
    case Activation::leaky_relu:
      return "leaky_relu";
    case Activation::gelu:
      return "gelu";
    case Activation::none:
      break;
  }
  return "none";
}

Scalars scalars(Activation activation, double negative_slope) {
  Scalars list;
  if (activation == Activation::leaky_relu) list.push_back(at::Scalar(negative_slope));
  return list;
}

// Of the activation: GELU's "none" is the exact one, as against "tanh".
Text algorithm(Activation activation) {
  return activation == Activation::gelu ? "none" : "";
}

Tensor convolve(const Tensor& input, const Tensor& weight, const Tensor& bias, Ints stride,
                Activation activation, double negative_slope) {
  using Convolve = Tensor(const Tensor&, const Tensor&, const Maybe&, Ints, Ints, Ints, std::int64_t, Text,
                          Scalars, std::optional<Text>);
  static const auto call = find_operator<Convolve>("mkldnn::_convolution_pointwise");
  return call.call(input, weight, bias, kNoPadding, stride, kUnit, 1, attribute(activation),
                   scalars(activation, negative_slope), algorithm(activation));
}

// [blocks * block_rows, channels] -> [blocks, channels, 1, block_rows], channels last: the same memory.
Tensor as_images(const Tensor& rows, std::int64_t block_rows) {
  return rows.contiguous().view({-1, 1, block_rows, rows.size(1)}).permute({0, 3, 1, 2});
}

// [blocks, channels, 1, block_rows], channels last -> [rows, channels], the same memory.
Tensor as_rows(const Tensor& images) {
  return images.permute({0, 2, 3, 1}).reshape({-1, images.size(1)});
}

Tensor copy_of(const Tensor& bias) {
  return bias.defined() ? bias.detach().clone() : Tensor();
}

}  // namespace

PackedConvolution::PackedConvolution(const at::Tensor& weight, const at::Tensor& bias,
                                     at::IntArrayRef input_shape, const ConvolutionOptions& options)
    : bias_(copy_of(bias)), options_(options) {
  const SerialRegion as_in_use;  // see the header
  using Reorder = Tensor(const Tensor&, Ints, Ints, Ints, std::int64_t, at::OptionalIntArrayRef);
  static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_convolution_weight");
  weight_ = reorder.call(weight.detach().contiguous(), kNoPadding, options.stride, kUnit, 1, input_shape);
}

at::Tensor PackedConvolution::operator()(const at::Tensor& input) const {
  return convolve(input, weight_, bias_, options_.stride, options_.activation, options_.negative_slope);
}

at::Tensor fill_blocks(const at::Tensor& rows, std::int64_t block_rows) {
  const std::int64_t beyond = rows.size(0) % block_rows;
  return beyond == 0 ? rows : at::constant_pad_nd(rows, {0, 0, 0, block_rows - beyond});
}

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias, std::int64_t block_rows,
                           Activation activation)
    : is_convolution_(weight.scalar_type() == at::kFloat),
      block_rows_(block_rows),
      bias_(copy_of(bias)),
      activation_(activation) {
  const SerialRegion as_in_use;  // see the header
  const at::Tensor plain = weight.detach().contiguous();
  if (is_convolution_) {
    using Reorder = Tensor(const Tensor&, Ints, Ints, Ints, std::int64_t, at::OptionalIntArrayRef);
    static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_convolution_weight");
    weight_ = reorder.call(plain.unsqueeze(2).unsqueeze(3), kNoPadding, kUnit, kUnit, 1,
                           Ints({1, plain.size(1), 1, block_rows}));
  } else {
    using Reorder = Tensor(const Tensor&, std::optional<std::int64_t>);
    static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_linear_weight");
    weight_ = reorder.call(plain, block_rows);
  }
}

at::Tensor PackedLinear::operator()(const at::Tensor& input) const {
  const std::int64_t rows = input.size(0);
  const at::Tensor blocks = fill_blocks(input, block_rows_);
  if (is_convolution_)
    return as_rows(convolve(as_images(blocks, block_rows_), weight_, bias_, kUnit, activation_, 0))
        .narrow(0, 0, rows);
  using Multiply = Tensor(const Tensor&, const Tensor&, const Maybe&, Text, Scalars, std::optional<Text>);
  static const auto multiply = find_operator<Multiply>("mkldnn::_linear_pointwise");
  return multiply
      .call(blocks, weight_, bias_, attribute(activation_), scalars(activation_, 0), algorithm(activation_))
      .narrow(0, 0, rows);
}

at::Tensor PackedLinear::operator()(const at::Tensor& input, const at::Tensor& residual) const {
  // The convolution's own sum copies the residual first, which takes longer than adding it behind the
  // product.
  if (is_convolution_) return (*this)(input).add_(residual);
  using MultiplyAdd = Tensor(const Tensor&, const Tensor&, const Tensor&, const Maybe&, Text);
  static const auto multiply = find_operator<MultiplyAdd>("mkldnn::_linear_pointwise", "binary");
  return multiply
      .call(fill_blocks(input, block_rows_), fill_blocks(residual, block_rows_), weight_, bias_, "add")
      .narrow(0, 0, input.size(0));
}

}  // namespace qamro::nn
