#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::losses {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

inline at::Tensor column(const std::vector<double>& values, at::ScalarType dtype = at::kDouble) {
  return at::tensor(values, at::kDouble).to(dtype);
}

inline at::Tensor parameter(const at::Tensor& tensor) {
  return tensor.clone().set_requires_grad(true);
}

inline std::vector<double> values_of(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.detach().to(at::kDouble).contiguous();
  return {dense.const_data_ptr<double>(), dense.const_data_ptr<double>() + dense.numel()};
}

template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const InvalidInput& error) {
    return error.what();
  }
  return "nothing thrown";
}

using ScalarLoss = std::function<at::Tensor(const at::Tensor& pred)>;

inline at::Tensor gradient_of(const ScalarLoss& loss, const at::Tensor& pred) {
  const at::Tensor p = parameter(pred);
  loss(p).backward();
  return p.grad();
}

// Compares the derivative of a float64 loss in each element of `pred` with central differences.
inline void expect_gradient(const ScalarLoss& loss, const at::Tensor& pred, double tolerance = 1e-8) {
  const at::Tensor gradient = gradient_of(loss, pred).reshape({-1});
  for (int64_t i = 0; i < pred.numel(); ++i) {
    const double step = 1e-6;
    const at::Tensor up = pred.clone();
    const at::Tensor down = pred.clone();
    up.view({-1})[i] += step;
    down.view({-1})[i] -= step;
    const double slope = (loss(up) - loss(down)).item<double>() / (2 * step);
    EXPECT_NEAR(gradient[i].item<double>(), slope, tolerance) << "element " << i;
  }
}

}  // namespace qamro::losses
