#include "qamro/heads/mlp_head.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <set>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::heads {
namespace {

at::Tensor uniform_tensor(at::IntArrayRef shape, double bound, Random& random) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  auto* values = tensor.mutable_data_ptr<float>();
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
  auto* values = mask.mutable_data_ptr<float>();
  const auto kept = static_cast<float>(1.0 / (1.0 - rate));
  for (std::int64_t i = 0; i < mask.numel(); ++i) values[i] = random.uniform() < rate ? 0.0F : kept;
  return mask;
}

namespace {

at::Tensor drop(const at::Tensor& input, std::span<const at::Tensor> dropout, std::size_t layer) {
  if (dropout.empty() || !dropout[layer].defined()) return input;
  return input * dropout[layer];
}

void check_axis_name(const std::string& axis) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  bool valid = !axis.empty();
  for (const char c : axis) valid = valid && allowed(c);
  if (!valid)
    throw InvalidInput(fmt::format("axis name: expected letters, digits, '_' or '-', got '{}'", axis));
}

}  // namespace

void check_axis_names(const std::vector<std::string>& axes) {
  if (axes.empty()) throw InvalidInput("heads: expected at least one axis, got none");
  std::set<std::string> seen;
  for (const std::string& axis : axes) {
    check_axis_name(axis);
    if (!seen.insert(axis).second) throw InvalidInput(fmt::format("heads: axis '{}' is named twice", axis));
  }
}

void MlpHeadOptions::validate() const {
  if (input_dim < 1)
    throw InvalidInput(fmt::format("head input size: expected at least 1, got {}", input_dim));
  for (const std::int64_t size : hidden)
    if (size < 1) throw InvalidInput(fmt::format("head hidden size: expected at least 1, got {}", size));
  for (const double rate : {dropout, input_dropout})
    if (!(rate >= 0.0 && rate < 1.0))
      throw InvalidInput(fmt::format("head dropout: expected a number in [0, 1), got {}", rate));
}

MlpHead::MlpHead(const MlpHeadOptions& options, std::uint64_t seed) : options_(options) {
  options_.validate();
  const std::array<std::int64_t, 4> sizes = {options.input_dim, options.hidden[0], options.hidden[1], 1};
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    layers_.emplace_back(sizes[i], sizes[i + 1], Random(derive_seed(seed, "init", i)));
}

std::array<at::Tensor, 3> MlpHead::draw_dropout(std::int64_t n, Random& random) const {
  std::array<at::Tensor, 3> masks;
  masks[0] = draw_dropout_mask({n, options_.input_dim}, options_.input_dropout, random);
  for (std::size_t i = 0; i < 2; ++i)
    masks[i + 1] = draw_dropout_mask({n, options_.hidden[i]}, options_.dropout, random);
  return masks;
}

at::Tensor MlpHead::forward(const at::Tensor& input, std::span<const at::Tensor> dropout) const {
  at::Tensor hidden = drop(input, dropout, 0);
  for (std::size_t i = 0; i < 2; ++i)
    hidden = drop(activate(options_.activation, layers_[i].forward(hidden)), dropout, i + 1);
  return layers_[2].forward(hidden).squeeze(1);
}

io::StateDict MlpHead::named_parameters() const {
  io::StateDict named;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    named.emplace(fmt::format("layers.{}.weight", i), layers_[i].weight);
    named.emplace(fmt::format("layers.{}.bias", i), layers_[i].bias);
  }
  return named;
}

Heads::Heads(const MlpHeadOptions& options, std::vector<std::string> axes, std::uint64_t seed)
    : options_(options), axes_(std::move(axes)) {
  options_.validate();
  check_axis_names(axes_);
  for (const std::string& axis : axes_) heads_.emplace_back(options_, derive_seed(seed, axis));
}

std::vector<at::Tensor> Heads::draw_dropout(std::int64_t n, Random& random) const {
  std::vector<at::Tensor> masks;
  for (const MlpHead& head : heads_)
    for (at::Tensor& mask : head.draw_dropout(n, random)) masks.push_back(std::move(mask));
  return masks;
}

at::Tensor Heads::forward(const at::Tensor& input, std::span<const at::Tensor> dropout) const {
  if (input.dim() != 2 || input.size(1) != options_.input_dim)
    throw InvalidInput(fmt::format("heads: expected an embedding of shape [n, {}], got [{}]",
                                   options_.input_dim, fmt::join(input.sizes(), ", ")));
  std::vector<at::Tensor> columns;
  columns.reserve(heads_.size());
  for (std::size_t i = 0; i < heads_.size(); ++i)
    columns.push_back(heads_[i].forward(input, dropout.empty() ? dropout : dropout.subspan(3 * i, 3)));
  return at::stack(columns, 1);
}

io::StateDict Heads::named_parameters() const {
  io::StateDict named;
  for (std::size_t i = 0; i < heads_.size(); ++i)
    for (const auto& [name, tensor] : heads_[i].named_parameters())
      named.emplace(axes_[i] + "." + name, tensor);
  return named;
}

std::vector<at::Tensor> Heads::parameters() const {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : named_parameters()) tensors.push_back(tensor);
  return tensors;
}

}  // namespace qamro::heads
