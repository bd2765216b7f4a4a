#pragma once

#include <thrust/system/cpp/execution_policy.h>

#include <cstring>
#include <memory>
#include <vector>

#include "qamro/losses/cuda/execution_types.h"

// Runs the kernels on the CPU, to test them without a GPU. See execution.h.
namespace qamro::losses::device {

class ScopedDevice {
 public:
  explicit ScopedDevice(int /*device*/) {}
};

inline auto execution_policy(const Execution& execution) {
  return thrust::cpp::par(ThrustAllocator{&execution.workspace});
}

// Every other phase walks the threads backwards, which exposes kernels that depend on the threads' order.
template <class Kernel>
void launch(const Execution& /*execution*/, const Kernel& kernel, Grid grid) {
  const auto shared = std::make_unique<typename Kernel::Shared>();
  std::vector<typename Kernel::Registers> registers(Kernel::kThreads);
  for (unsigned y = 0; y < grid.y; ++y)
    for (unsigned x = 0; x < grid.x; ++x)
      for (unsigned phase = 0; phase < kernel.phases(); ++phase)
        for (unsigned step = 0; step < Kernel::kThreads; ++step) {
          const unsigned thread = phase % 2 == 0 ? step : Kernel::kThreads - 1 - step;
          kernel.run(phase, {x, y, thread}, *shared, registers[thread]);
        }
}

inline void copy_to_device(const Execution& /*execution*/, void* to, const void* from, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

inline std::size_t favoured_tiled_size() {
  return 256;
}

}  // namespace qamro::losses::device
