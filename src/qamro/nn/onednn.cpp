#include "qamro/nn/onednn.h"

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/Scalar.h>

#include <optional>
#include <string_view>

namespace qamro::nn {
namespace {

using Scalars = at::List<std::optional<at::Scalar>>;
using Text = std::string_view;
using Tensor = at::Tensor;
using Maybe = std::optional<at::Tensor>;
using Ints = at::IntArrayRef;

template <typename Signature>
c10::TypedOperatorHandle<Signature> find(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

const char* attribute(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "relu";
    case Activation::leaky_relu:
      return "leaky_relu";
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

}  // namespace

PackedConvolution::PackedConvolution(const at::Tensor& weight, const at::Tensor& bias,
                                     at::IntArrayRef input_shape, const ConvolutionOptions& options)
    : bias_(bias.detach().clone()), options_(options) {
  using Reorder = Tensor(const Tensor&, Ints, Ints, Ints, std::int64_t, at::OptionalIntArrayRef);
  static const auto reorder = find<Reorder>("mkldnn::_reorder_convolution_weight");
  weight_ =
      reorder.call(weight.detach().contiguous(), Ints({0, 0}), options.stride, Ints({1, 1}), 1, input_shape);
}

at::Tensor PackedConvolution::operator()(const at::Tensor& input) const {
  using Convolve = Tensor(const Tensor&, const Tensor&, const Maybe&, Ints, Ints, Ints, std::int64_t, Text,
                          Scalars, std::optional<Text>);
  static const auto convolve = find<Convolve>("mkldnn::_convolution_pointwise");
  return convolve.call(input, weight_, bias_, Ints({0, 0}), options_.stride, Ints({1, 1}), 1,
                       attribute(options_.activation), scalars(options_.activation, options_.negative_slope),
                       Text());
}

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias, std::int64_t rows,
                           Activation activation)
    : bias_(bias.detach().clone()), activation_(activation) {
  using Reorder = Tensor(const Tensor&, std::optional<std::int64_t>);
  static const auto reorder = find<Reorder>("mkldnn::_reorder_linear_weight");
  weight_ = reorder.call(weight.detach().contiguous(), rows);
}

at::Tensor PackedLinear::operator()(const at::Tensor& input) const {
  using Multiply = Tensor(const Tensor&, const Tensor&, const Maybe&, Text, Scalars, std::optional<Text>);
  static const auto multiply = find<Multiply>("mkldnn::_linear_pointwise");
  return multiply.call(input, weight_, bias_, attribute(activation_), scalars(activation_, 0), Text());
}

at::Tensor PackedLinear::operator()(const at::Tensor& input, const at::Tensor& residual) const {
  using MultiplyAdd = Tensor(const Tensor&, const Tensor&, const Tensor&, const Maybe&, Text);
  static const auto multiply = find<MultiplyAdd>("mkldnn::_linear_pointwise", "binary");
  return multiply.call(input, residual, weight_, bias_, "add");
}

}  // namespace qamro::nn
