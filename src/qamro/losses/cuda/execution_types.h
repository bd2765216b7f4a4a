#pragma once

#include <cstddef>

#include "qamro/losses/cuda/device_workspace.h"

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
