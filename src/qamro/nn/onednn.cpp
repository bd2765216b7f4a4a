#include "qamro/nn/image_convolution.h"

#include <ATen/ATen.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/Scalar.h>
#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/nn/parallel.h"

namespace qamro::nn {
namespace {

using Scalars = at::List<std::optional<at::Scalar>>;
using Text = std::string_view;
using Tensor = at::Tensor;
using Maybe = std::optional<at::Tensor>;
using Ints = at::IntArrayRef;

constexpr std::array<std::int64_t, 2> kNoPadding = {0, 0};
constexpr std::array<std::int64_t, 2> kUnit = {1, 1};  // stride and dilation

// An operator that torch registers but has no header for. Throws c10::Error if torch has none of that name.
template <typename Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

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

// The activation's algorithm. GELU's "none" is the exact one, as opposed to "tanh".
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

Tensor copy_of(const Tensor& bias) {
  return bias.defined() ? bias.detach().clone() : Tensor();
}

}  // namespace

PackedConvolution::PackedConvolution(const at::Tensor& weight, const at::Tensor& bias,
                                     at::IntArrayRef input_shape, const ConvolutionOptions& options,
                                     bool is_plain)
    : bias_(copy_of(bias)), options_(options), is_plain_(is_plain) {
  if (is_plain) {
    weight_ = weight.detach().clone();
    return;
  }
  const SerialRegion as_in_use;  // see the header
  using Reorder = Tensor(const Tensor&, Ints, Ints, Ints, std::int64_t, at::OptionalIntArrayRef);
  static const auto reorder = find_operator<Reorder>("mkldnn::_reorder_convolution_weight");
  weight_ = reorder.call(weight.detach().contiguous(), kNoPadding, options.stride, kUnit, 1, input_shape);
}

at::Tensor PackedConvolution::operator()(const at::Tensor& input) const {
  if (is_plain_) return plainly(input);
  return convolve(input, weight_, bias_, options_.stride, options_.activation, options_.negative_slope);
}

// Sums values of the weight's type in float32, as the kernels do.
at::Tensor PackedConvolution::plainly(const at::Tensor& input) const {
  if (input.scalar_type() != weight_.scalar_type())
    throw InvalidInput(fmt::format("convolution: expected an image of type {}, got {}",
                                   c10::toString(weight_.scalar_type()), c10::toString(input.scalar_type())));
  const SerialRegion serial;
  const Tensor bias = bias_.defined() ? bias_.to(at::kFloat) : bias_;
  Tensor image = at::conv2d(input.to(at::kFloat), weight_.to(at::kFloat), bias, options_.stride);
  if (options_.activation == Activation::relu) image = at::relu(image);
  if (options_.activation == Activation::leaky_relu) image = at::leaky_relu(image, options_.negative_slope);
  if (options_.activation == Activation::gelu) image = at::gelu(image);
  return image.to(input.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace qamro::nn
