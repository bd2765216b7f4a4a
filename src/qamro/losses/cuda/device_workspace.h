#pragma once

#include <cstddef>

namespace qamro::losses {

// Where work is queued: a device and one of its streams.
struct DeviceQueue {
  int device = 0;
  void* stream = nullptr;  // a cudaStream_t; null is the default stream
};

// Device memory for the duration of a call. Memory that is given back may be handed out again at once, for
// work queued later on the same stream (as cudaMallocAsync and torch's caching allocator do).
class DeviceWorkspace {
 public:
  virtual ~DeviceWorkspace() = default;
  // Aligned to 256 bytes. Throws if there is no memory.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void deallocate(void* memory) noexcept = 0;
};

}  // namespace qamro::losses
