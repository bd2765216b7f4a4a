#pragma once

#include <torch/csrc/stable/tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qamro::python {

using torch::stable::Tensor;

// The operators' tensors, through torch's stable ABI. Shape [n] is one axis, [n, axes] several.
struct Shape {
  std::int64_t n = 0, axes = 0;
};

// Throws InvalidInput unless `pred` is a float32 or float64 tensor [n] or [n, axes] and `target` has the same
// shape and dtype. The Python functions check this first, with longer messages; this check keeps direct calls
// from reading memory out of bounds.
Shape check_pred_and_target(const char* loss, const Tensor& pred, const Tensor& target);
Shape check_table(const char* loss, const char* argument, const Tensor& tensor);

// Column `axis` of a float32 or float64 tensor with any strides; a tensor [n] gives itself for every axis.
std::vector<double> read_column(const Tensor& tensor, std::int64_t axis);

// As read_column(), but allows only finite values, and NaN if nan_allowed. Throws InvalidInput, which
// names the element.
std::vector<double> read_checked(const char* loss, const char* argument, const Tensor& tensor,
                                 std::int64_t axis, bool nan_allowed);

std::vector<std::int64_t> read_int64(const Tensor& tensor);

// Contiguous tensors of zeros: with `like`'s dtype and shape; int64 with its shape; int64 [size].
Tensor zeros_like(const Tensor& like);
Tensor int64_zeros_like(const Tensor& like);
Tensor int64_zeros(const Tensor& like, std::int64_t size);

// A tensor [values.size()] in `like`'s dtype.
Tensor from_values(const Tensor& like, std::span<const double> values);

// Writes column `axis` of a tensor [n] or [n, axes] that one of the functions above made.
void write_column(const Tensor& tensor, std::int64_t axis, std::span<const double> values);
std::int64_t* int64_data(const Tensor& tensor);

// Throws InvalidInput if a loss is not finite in the dtype of `like`.
void check_finite_loss(const char* loss, const Tensor& like, double value);

}  // namespace qamro::python
