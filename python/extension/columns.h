#pragma once

#include <torch/csrc/stable/tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qamro::python {

using torch::stable::Tensor;

// Tensors of the operators, through torch's stable ABI: [n] is one axis, [n, axes] several.
struct Shape {
  std::int64_t n = 0, axes = 0;
};

// Throws InvalidInput unless `pred` is float32 or float64 [n] or [n, axes] and `target` is like it. The
// Python functions say the same with more words before they call; this keeps direct calls from reading
// memory that is not theirs.
Shape check_pred_and_target(const char* loss, const Tensor& pred, const Tensor& target);
Shape check_table(const char* loss, const char* argument, const Tensor& tensor);

// A column of a tensor of float32 or float64 in any strides; [n] is every column of itself.
std::vector<double> read_column(const Tensor& tensor, std::int64_t axis);

// The same where only finite values are allowed, or also NaN. Throws InvalidInput, which names the element.
std::vector<double> read_checked(const char* loss, const char* argument, const Tensor& tensor,
                                 std::int64_t axis, bool nan_allowed);

std::vector<std::int64_t> read_int64(const Tensor& tensor);

// A contiguous tensor of zeros in `like`'s dtype and of its shape.
Tensor zeros_like(const Tensor& like);
Tensor int64_zeros_like(const Tensor& like);
Tensor int64_zeros(const Tensor& like, std::int64_t size);

// [values] in `like`'s dtype.
Tensor from_values(const Tensor& like, std::span<const double> values);

// Into tensors made by the above; column `axis` of [n] or [n, axes].
void write_column(const Tensor& tensor, std::int64_t axis, std::span<const double> values);
std::int64_t* int64_data(const Tensor& tensor);

// Throws InvalidInput where a loss is not finite in the dtype of `like`.
void check_finite_loss(const char* loss, const Tensor& like, double value);

}  // namespace qamro::python
