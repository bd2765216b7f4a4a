#include "qamro/heads/dense.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "qamro/core/error.h"

namespace qamro::heads {
namespace {

at::Tensor uniform_tensor(at::IntArrayRef shape, double bound, Random& random) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>((2.0 * random.uniform() - 1.0) * bound);
  return tensor;
}

}  // namespace

Activation parse_activation(std::string_view name) {
  if (const auto activation = value_named<Activation>(name)) return *activation;
  throw InvalidInput(fmt::format("activation: expected relu, gelu or none, got '{}'", name));
}

at::Tensor activate(Activation activation, const at::Tensor& input) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(input);
    case Activation::kGelu:
      return at::gelu(input);
    case Activation::kNone:
      break;
  }
  return input;
}

Dense::Dense(std::int64_t input_dim, std::int64_t output_dim, Random random) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(input_dim));
  weight = uniform_tensor({output_dim, input_dim}, bound, random).set_requires_grad(true);
  bias = uniform_tensor({output_dim}, bound, random).set_requires_grad(true);
}

Dense::Dense(const at::Tensor& loaded_weight, const at::Tensor& loaded_bias)
    : weight(as_parameter(loaded_weight)), bias(as_parameter(loaded_bias)) {}

at::Tensor Dense::forward(const at::Tensor& input) const {
  return at::addmm(bias, input, weight.t());
}

at::Tensor as_parameter(const at::Tensor& tensor) {
  return tensor.detach().set_requires_grad(true);
}

at::Tensor draw_dropout_mask(at::IntArrayRef shape, double rate, Random& random) {
  if (rate == 0.0) return {};
  at::Tensor mask = at::empty(shape, at::kFloat);
  float* values = mask.mutable_data_ptr<float>();
  const auto kept = static_cast<float>(1.0 / (1.0 - rate));
  for (std::int64_t i = 0; i < mask.numel(); ++i) values[i] = random.uniform() < rate ? 0.0F : kept;
  return mask;
}

}  // namespace qamro::heads
