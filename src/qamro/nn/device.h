#pragma once

#include <c10/core/Device.h>

#include <string>

namespace qamro::nn {

// "cpu", "cuda" (the first GPU) or "cuda:N". Throws InvalidInput for anything else.
c10::Device parse_device(const std::string& name);

// Makes the device ready to compute on; of the CPU nothing is asked. For a GPU torch's CUDA half is loaded
// now, from beside the library that qamro runs on, and told to choose the same kernels every time and to keep
// fp32 at its full precision. Throws InvalidInput that says what is missing: the library or one that it
// needs, a driver, a GPU of that number.
void open_device(c10::Device device);

}  // namespace qamro::nn
