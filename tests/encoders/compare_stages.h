#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace qamro::testing {

// The largest difference relative to each stage's largest number, over all stages; infinite if the shapes
// differ or a number is NaN.
inline double largest_relative_difference(const std::vector<at::Tensor>& found,
                                          const std::vector<at::Tensor>& expected) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (found.size() != expected.size()) return kInfinity;
  double largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].sizes() != expected[i].sizes()) return kInfinity;
    const auto difference = ((found[i] - expected[i]).abs().max() / expected[i].abs().max()).item<double>();
    if (difference != difference) return kInfinity;
    largest = std::max(largest, difference);
  }
  return largest;
}

// Applies at::set_num_threads while it lives.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~ThreadCount() { at::set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

}  // namespace qamro::testing
