#include "qamro/losses/soft_rank.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/losses/option_checks.h"
#include "qamro/losses/permutahedron.h"
#include "qamro/losses/tensor_checks.h"

namespace qamro::losses {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// values [n] float64.
class SoftRank : public torch::autograd::Function<SoftRank> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& values, double strength) {
    const at::Tensor dense = values.contiguous();
    const PermutahedronProjection projection = project_onto_permutahedron(
        {dense.const_data_ptr<double>(), static_cast<std::size_t>(dense.numel())}, strength);
    const std::vector<int64_t> block(projection.block.begin(), projection.block.end());
    const std::vector<double> sizes(projection.sizes.begin(), projection.sizes.end());
    context->save_for_backward({at::tensor(block, at::kLong), at::tensor(sizes, at::kDouble)});
    context->saved_data["strength"] = strength;
    return at::tensor(projection.point, at::kDouble);
  }

  // The derivative is symmetric. It is linear in `outer` and built from differentiable operations.
  static variable_list backward(AutogradContext* context, const variable_list& outer) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& block = saved[0];
    const at::Tensor& sizes = saved[1];
    const at::Tensor means = at::zeros_like(sizes).index_add(0, block, outer[0]) / sizes;
    const double strength = context->saved_data["strength"].toDouble();
    return {(outer[0] - means.index_select(0, block)) / strength, at::Tensor()};
  }
};

}  // namespace

at::Tensor soft_rank(const at::Tensor& values, double regularization_strength) {
  check_positive("soft_rank: regularization_strength", regularization_strength);
  check_values_to_rank("soft_rank", values);
  if (values.numel() == 0) return values.clone();
  const at::Tensor doubles = values.to(at::kDouble);
  at::Tensor ranks;
  if (values.dim() == 1) {
    ranks = SoftRank::apply(doubles, regularization_strength);
  } else {
    std::vector<at::Tensor> columns = doubles.unbind(1);
    for (at::Tensor& column : columns) column = SoftRank::apply(column, regularization_strength);
    ranks = at::stack(columns, 1);
  }
  if (!ranks.isfinite().all().item<bool>())
    throw InvalidInput("soft_rank: values: expected differences that are finite, got an overflow");
  return ranks.to(values.scalar_type());
}

}  // namespace qamro::losses
