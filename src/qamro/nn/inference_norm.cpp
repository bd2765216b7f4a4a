#include "qamro/nn/inference_norm.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "qamro/core/error.h"

namespace qamro::nn {

InferenceNorm::InferenceNorm(const at::Tensor& weight, const at::Tensor& bias, const Arithmetic& arithmetic,
                             double epsilon)
    : weight_(weight.detach().clone()),
      bias_(bias.detach().clone()),
      epsilon_(static_cast<float>(epsilon)),
      is_plain_(arithmetic.processor.is_plain),
      rows_(arithmetic.rows) {}

void InferenceNorm::run(const at::Tensor& rows, const RowTarget& to) const {
  if (rows.dim() != 2 || rows.scalar_type() != at::kFloat || rows.size(1) != weight_.size(0) ||
      rows.stride(1) != 1)
    throw InvalidInput(fmt::format("norm: expected float32 [rows, {}], got {} [{}]", weight_.size(0),
                                   c10::toString(rows.scalar_type()), fmt::join(rows.sizes(), ", ")));
  row_kernels(is_plain_).normalise(rows.const_data_ptr<float>(), rows.stride(0), rows.size(0), rows.size(1),
                                   weight_.const_data_ptr<float>(), bias_.const_data_ptr<float>(), epsilon_,
                                   to);
}

NormalisedRows InferenceNorm::operator()(const at::Tensor& rows) const {
  const at::Tensor exact = at::empty(rows.sizes(), rows.options());
  return {exact, write(rows, exact)};
}

at::Tensor InferenceNorm::write(const at::Tensor& rows, const at::Tensor& exact) const {
  RowTarget to = {exact.mutable_data_ptr<float>(), nullptr, rows.size(1)};
  if (exact.sizes() != rows.sizes() || !exact.is_contiguous())
    throw InvalidInput("norm: expected contiguous results of the rows' shape");
  if (rows_ == at::kFloat) {
    run(rows, to);
    return exact;
  }
  const at::Tensor rounded = at::empty(rows.sizes(), rows.options().dtype(rows_));
  to.rounded = static_cast<std::uint16_t*>(rounded.mutable_data_ptr());
  run(rows, to);
  return rounded;
}

at::Tensor InferenceNorm::rounded(const at::Tensor& rows) const {
  if (rows_ == at::kFloat) return write(rows, at::empty(rows.sizes(), rows.options()));
  const at::Tensor rounded = at::empty(rows.sizes(), rows.options().dtype(rows_));
  run(rows, {nullptr, static_cast<std::uint16_t*>(rounded.mutable_data_ptr()), rows.size(1)});
  return rounded;
}

}  // namespace qamro::nn
