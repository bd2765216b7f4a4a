#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace qamro::encoders::wavlm {

// The dropout of one training step, one stream of random numbers a window: what is dropped of a window
// depends on its seed alone, not on the windows beside it, and the same seed drops the same again. Without
// seeds nothing is dropped.
class Dropout {
 public:
  Dropout() = default;
  explicit Dropout(std::span<const std::uint64_t> seeds);  // one a window

  // values [n, …]: a share of `rate` of each window's becomes 0, the others grow by 1 / (1 - rate).
  at::Tensor operator()(const at::Tensor& values, double rate);
  // Which windows leave a layer out: bool [n], or undefined when none can.
  at::Tensor left_out(double rate);

 private:
  std::vector<at::Generator> streams_;
};

}  // namespace qamro::encoders::wavlm
