#pragma once

#include <cstddef>

namespace qamro::losses {

// Where work is queued: a device and one of its streams.
struct DeviceQueue {
  int device = 0;
  void* stream = nullptr;  // a cudaStream_t; null is the default stream
};

// Memory on the device for the time of a call. Memory that is given back may be handed out again at once, for
// work that is queued behind on the same stream (so do cudaMallocAsync and torch's caching allocator).
class DeviceWorkspace {
 public:
  virtual ~DeviceWorkspace() = default;
  // Aligned to 256 bytes. Throws where there is no memory.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void deallocate(void* memory) noexcept = 0;
};

}  // namespace qamro::losses
