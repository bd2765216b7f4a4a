#pragma once

#include <c10/core/Device.h>

#include <string>

namespace qamro::nn {

// "cpu", "cuda" (the first GPU) or "cuda:N". Throws InvalidInput for anything else.
c10::Device parse_device(const std::string& name);

// Makes the device ready for computation; does nothing for the CPU. For a GPU, it loads torch's CUDA half
// from beside the library that qamro runs on, and makes torch choose the same kernels every time and keep
// fp32 at full precision. Throws InvalidInput that says what is missing: the library, one that it needs, a
// driver, or a GPU with that number.
void open_device(c10::Device device);

}  // namespace qamro::nn
