#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace qamro::encoders::wavlm {

// The dropout of one training step, with one stream of random numbers per window. What is dropped in a window
// depends on its seed alone, not on the windows beside it; the same seed drops the same again. Without seeds
// nothing is dropped.
class Dropout {
 public:
  Dropout() = default;
  explicit Dropout(std::span<const std::uint64_t> seeds);  // one per window

  // values: [n, …]. Each becomes 0 with probability `rate`; the others grow by 1 / (1 - rate).
  at::Tensor operator()(const at::Tensor& values, double rate);
  // Which windows leave a layer out: bool [n], or undefined if none can.
  at::Tensor left_out(double rate);

 private:
  std::vector<at::Generator> streams_;
};

}  // namespace qamro::encoders::wavlm
