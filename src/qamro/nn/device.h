#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qamro::nn {

// "cpu", "cuda" (the first GPU) or "cuda:N". Throws InvalidInput for anything else.
c10::Device parse_device(const std::string& name);

// Makes the device ready for computation; does nothing for the CPU. For a GPU, it loads torch's CUDA half
// from beside the library that qamro runs on, and makes torch choose the same kernels every time and keep
// fp32 at full precision. Throws InvalidInput that says what is missing: the library, one that it needs, a
// driver, or a GPU with that number.
void open_device(c10::Device device);

// Windows of audio as a GPU takes them: always the same number of rows of the same length. A GPU's libraries
// choose their kernels by shape, so a window's result does not depend on how many others came with it.
struct WindowBatch {
  at::Tensor samples;               // float32 [rows, window_samples], zeros after each window
  std::vector<std::int64_t> valid;  // samples of each row; rows without a window are silence of full length
};

// windows: 1 to `rows` of them, each of 1 to window_samples samples. A copy to a GPU goes through pinned
// memory, so that it runs while the caller continues. Throws InvalidInput for other numbers.
WindowBatch make_window_batch(std::span<const std::span<const float>> windows, std::int64_t rows,
                              std::int64_t window_samples, c10::Device device);

}  // namespace qamro::nn
