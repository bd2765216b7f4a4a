#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace qamro::nn {

// Windows of audio as a GPU takes them: always as many rows of the same length. A GPU's libraries choose
// their kernels by shape; so a window's result does not depend on how many others came with it.
struct WindowBatch {
  at::Tensor samples;               // float32 [rows, window_samples], zeros behind each window
  std::vector<std::int64_t> valid;  // samples of each row; rows without a window are silence of full length
};

// windows: at most `rows`, each of 1 to window_samples samples. For a GPU through pinned memory, so that the
// copy runs while the caller goes on. Throws InvalidInput.
WindowBatch make_window_batch(std::span<const std::span<const float>> windows, std::int64_t rows,
                              std::int64_t window_samples, c10::Device device);

}  // namespace qamro::nn
