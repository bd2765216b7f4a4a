#include "columns.h"

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cmath>

#include "qamro/core/error.h"
#include "text.h"

namespace qamro::python {
namespace {

using torch::headeronly::ScalarType;

bool is_double(const Tensor& tensor) {
  return tensor.scalar_type() == ScalarType::Double;
}

std::string shape_text(const Tensor& tensor) {
  std::string sizes;
  for (const std::int64_t size : tensor.sizes()) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
  return "[" + sizes + "]";
}

template <typename Value>
std::vector<double> strided(const Tensor& tensor, std::int64_t axis) {
  const auto* values = static_cast<const Value*>(tensor.data_ptr());
  if (tensor.dim() == 2) values += axis * tensor.stride(1);
  const std::int64_t stride = tensor.stride(0);
  std::vector<double> column(static_cast<std::size_t>(tensor.size(0)));
  for (std::size_t i = 0; i < column.size(); ++i)
    column[i] = static_cast<double>(values[static_cast<std::int64_t>(i) * stride]);
  return column;
}

template <typename Value>
void write(const Tensor& tensor, std::int64_t axis, std::span<const double> values) {
  auto* cells = static_cast<Value*>(tensor.data_ptr()) + axis;
  const std::int64_t axes = tensor.dim() == 1 ? 1 : tensor.size(1);
  for (std::size_t i = 0; i < values.size(); ++i)
    cells[static_cast<std::int64_t>(i) * axes] = static_cast<Value>(values[i]);
}

Tensor new_zeros(const Tensor& like, std::span<const std::int64_t> sizes, ScalarType dtype) {
  return torch::stable::new_zeros(like, {sizes.data(), sizes.size()}, dtype);
}

std::vector<std::int64_t> sizes_of(const Tensor& tensor) {
  const auto sizes = tensor.sizes();
  return {sizes.data(), sizes.data() + sizes.size()};
}

}  // namespace

Shape check_table(const char* loss, const char* argument, const Tensor& tensor) {
  if (tensor.dim() != 1 && tensor.dim() != 2)
    throw InvalidInput(
        text(loss, ": ", argument, ": expected shape [n] or [n, axes], got shape ", shape_text(tensor)));
  if (tensor.scalar_type() != ScalarType::Float && !is_double(tensor))
    throw InvalidInput(text(loss, ": ", argument, ": expected float32 or float64, got another dtype"));
  return {tensor.size(0), tensor.dim() == 1 ? 1 : tensor.size(1)};
}

Shape check_pred_and_target(const char* loss, const Tensor& pred, const Tensor& target) {
  const Shape shape = check_table(loss, "pred", pred);
  check_table(loss, "target", target);
  if (sizes_of(pred) != sizes_of(target) || pred.scalar_type() != target.scalar_type())
    throw InvalidInput(text(loss, ": target: expected pred's shape ", shape_text(pred),
                            " and dtype, got shape ", shape_text(target)));
  return shape;
}

std::vector<double> read_column(const Tensor& tensor, std::int64_t axis) {
  return is_double(tensor) ? strided<double>(tensor, axis) : strided<float>(tensor, axis);
}

std::vector<double> read_checked(const char* loss, const char* argument, const Tensor& tensor,
                                 std::int64_t axis, bool nan_allowed) {
  std::vector<double> column = read_column(tensor, axis);
  const auto wrong = std::find_if(column.begin(), column.end(), [&](double value) {
    return !(std::isfinite(value) || (nan_allowed && std::isnan(value)));
  });
  if (wrong == column.end()) return column;
  const auto row = wrong - column.begin();
  const std::string place = tensor.dim() == 1 ? text("[", row, "]") : text("[", row, ", ", axis, "]");
  throw InvalidInput(text(loss, ": ", argument, ": expected finite values",
                          nan_allowed ? ", or NaN for no label" : "", ", got ", *wrong, " at ", place));
}

std::vector<std::int64_t> read_int64(const Tensor& tensor) {
  const auto* values = static_cast<const std::int64_t*>(tensor.data_ptr());
  std::vector<std::int64_t> result(static_cast<std::size_t>(tensor.size(0)));
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = values[static_cast<std::int64_t>(i) * tensor.stride(0)];
  return result;
}

Tensor zeros_like(const Tensor& like) {
  return new_zeros(like, sizes_of(like), like.scalar_type());
}

Tensor from_values(const Tensor& like, std::span<const double> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  const Tensor result = new_zeros(like, {&size, 1}, like.scalar_type());
  write_column(result, 0, values);
  return result;
}

Tensor int64_zeros_like(const Tensor& like) {
  return new_zeros(like, sizes_of(like), ScalarType::Long);
}

Tensor int64_zeros(const Tensor& like, std::int64_t size) {
  return new_zeros(like, {&size, 1}, ScalarType::Long);
}

void write_column(const Tensor& tensor, std::int64_t axis, std::span<const double> values) {
  if (is_double(tensor))
    write<double>(tensor, axis, values);
  else
    write<float>(tensor, axis, values);
}

std::int64_t* int64_data(const Tensor& tensor) {
  return static_cast<std::int64_t*>(tensor.data_ptr());
}

void check_finite_loss(const char* loss, const Tensor& like, double value) {
  const double stored = is_double(like) ? value : static_cast<double>(static_cast<float>(value));
  if (!std::isfinite(stored))
    throw InvalidInput(text(loss, ": pred, target: expected values whose loss is finite, got loss ", stored));
}

}  // namespace qamro::python
