#pragma once

#include <cstddef>

#include "qamro/losses/cuda/device_workspace.h"

// Marks a function or a lambda for the GPU under nvcc and for the CPU under any compiler.
#if defined(__CUDACC__)
#define QAMRO_HOST_DEVICE __host__ __device__
#else
#define QAMRO_HOST_DEVICE
#endif

namespace qamro::losses::device {

struct Execution {
  DeviceQueue queue;
  DeviceWorkspace& workspace;
};

struct Grid {
  unsigned x = 1, y = 1;  // blocks
};

struct ThreadPlace {
  unsigned block_x = 0, block_y = 0, thread = 0;
};

// The workspace as Thrust wants it.
struct ThrustAllocator {
  using value_type = char;
  DeviceWorkspace* workspace;
  char* allocate(std::ptrdiff_t bytes) {
    return static_cast<char*>(workspace->allocate(static_cast<std::size_t>(bytes)));
  }
  void deallocate(char* memory, std::size_t) { workspace->deallocate(memory); }
};

}  // namespace qamro::losses::device
