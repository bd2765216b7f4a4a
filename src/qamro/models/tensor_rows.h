#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace qamro::models {

// The first `count` rows of a tensor [n, …] on any device, each row flattened.
inline std::vector<std::vector<float>> first_rows(const at::Tensor& tensor, std::size_t count) {
  const at::Tensor rows =
      tensor.narrow(0, 0, static_cast<std::int64_t>(count)).flatten(1).to(at::kCPU, at::kFloat).contiguous();
  std::vector<std::vector<float>> vectors;
  const float* row = rows.const_data_ptr<float>();
  for (std::size_t i = 0; i < count; ++i, row += rows.size(1)) vectors.emplace_back(row, row + rows.size(1));
  return vectors;
}

// [1, numbers]
inline at::Tensor row_of(std::span<const float> vector) {
  const auto row = at::empty({1, std::ssize(vector)}, at::kFloat);
  std::copy(vector.begin(), vector.end(), row.data_ptr<float>());
  return row;
}

}  // namespace qamro::models
