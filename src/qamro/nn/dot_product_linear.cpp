#include "qamro/nn/dot_product_linear.h"

#include <ATen/ATen.h>
#include <ATen/core/List.h>
#include <ATen/cpu/Utils.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "qamro/nn/onednn.h"
#include "qamro/nn/torch_operator.h"

namespace qamro::nn {
namespace {

using Tensor = at::Tensor;
using Text = std::string_view;

constexpr float kLargestWeight = 127, kSteps = 255;

Tensor multiply(const Tensor& input, const Tensor& weight, const Tensor& scales, const Tensor& zeros) {
  using Scalars = at::List<std::optional<at::Scalar>>;
  using Multiply = Tensor(Tensor, double, std::int64_t, Tensor, Tensor, Tensor, std::optional<Tensor>, double,
                          std::int64_t, std::optional<at::ScalarType>, Text, Scalars, Text);
  static const auto call = find_operator<Multiply>("onednn::qlinear_pointwise");
  return call.call(input, 1.0, 0, weight, scales, zeros, std::nullopt, 1.0, 0, at::kFloat, "none", Scalars(),
                   "");
}

// value = lowest + step * integer
void round_row(const float* values, std::int64_t count, std::uint8_t* integers, float& lowest, float& step) {
  const auto [least, most] = std::minmax_element(values, values + count);
  lowest = *least;
  step = (*most - lowest) / kSteps;
  const float inverse = step > 0 ? 1 / step : 0;
  for (std::int64_t i = 0; i < count; ++i)
    integers[i] = static_cast<std::uint8_t>(std::min((values[i] - lowest) * inverse + 0.5F, kSteps));
}

}  // namespace

bool has_integer_dot_product() {
  static const bool found = at::cpu::is_avx512_vnni_supported();
  return found;
}

DotProductLinear::DotProductLinear(const at::Tensor& weight, const at::Tensor& bias, std::int64_t block_rows)
    : block_rows_(block_rows), bias_(bias.detach().clone()) {
  const at::Tensor plain = weight.detach();
  weight_scales_ = plain.abs().amax(1).clamp_min(1e-30) / kLargestWeight;
  weight_zeros_ = at::zeros({plain.size(0)}, at::kInt);
  const at::Tensor integers = (plain / weight_scales_.unsqueeze(1)).round();
  sums_ = integers.sum(1) * weight_scales_;
  using Pack = Tensor(Tensor, std::optional<at::List<std::int64_t>>);
  static const auto pack = find_operator<Pack>("onednn::qlinear_prepack");
  weight_ = pack.call(integers.to(at::kChar), at::List<std::int64_t>({block_rows, plain.size(1)}));
}

at::Tensor DotProductLinear::operator()(const at::Tensor& input) const {
  const at::Tensor plain = fill_blocks(input, block_rows_).contiguous();
  const std::int64_t rows = plain.size(0), columns = plain.size(1);
  at::Tensor integers = at::empty({rows, columns}, at::kByte);
  at::Tensor lowest = at::empty({rows}), steps = at::empty({rows, 1});
  for (std::int64_t row = 0; row < rows; ++row)
    round_row(plain.const_data_ptr<float>() + row * columns, columns,
              integers.mutable_data_ptr<std::uint8_t>() + row * columns,
              lowest.mutable_data_ptr<float>()[row], steps.mutable_data_ptr<float>()[row]);
  const at::Tensor products = multiply(integers, weight_, weight_scales_, weight_zeros_);
  return at::addcmul(bias_, products, steps).addr_(lowest, sums_).narrow(0, 0, input.size(0));
}

}  // namespace qamro::nn
