#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <vector>

#include "qamro/losses/cuda/device_workspace.h"

#if defined(QAMRO_TEST_ON_GPU)
#include <cuda_runtime.h>
#endif

// Device memory for the tests: a GPU's, or the host's if the kernels are compiled for the CPU.
namespace qamro::losses {

#if defined(QAMRO_TEST_ON_GPU)
inline bool has_device() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}
inline void* device_allocate(std::size_t bytes) {
  void* memory = nullptr;
  if (cudaMalloc(&memory, bytes) != cudaSuccess) throw std::bad_alloc();
  cudaMemset(memory, 0xff, bytes);
  return memory;
}
inline void device_free(void* memory) {
  cudaFree(memory);
}
inline void device_copy(void* to, const void* from, std::size_t bytes) {
  cudaMemcpy(to, from, bytes, cudaMemcpyDefault);
}
#else
inline bool has_device() {
  return true;
}
// Every byte is 0xff, which makes doubles NaN and so exposes reads before a write.
inline void* device_allocate(std::size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return std::memset(memory, 0xff, bytes);
}
inline void device_free(void* memory) {
  std::free(memory);
}
inline void device_copy(void* to, const void* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
}
#endif

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t size)
      : size_(size), data_(device_allocate(sizeof(T) * (size + 1)), device_free) {}
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    if (size_ > 0) device_copy(data(), values.data(), sizeof(T) * size_);
  }
  T* data() const { return static_cast<T*>(data_.get()); }
  std::vector<T> values() const {
    std::vector<T> result(size_);
    if (size_ > 0) device_copy(result.data(), data(), sizeof(T) * size_);
    return result;
  }

 private:
  std::size_t size_;
  std::unique_ptr<void, void (*)(void*)> data_;
};

// Counts the memory that it holds; all of it must be given back.
class TestWorkspace : public DeviceWorkspace {
 public:
  void* allocate(std::size_t bytes) override {
    void* memory = device_allocate(bytes);
    held_[memory] = bytes;
    bytes_ += bytes;
    max_bytes_ = std::max(max_bytes_, bytes_);
    return memory;
  }
  void deallocate(void* memory) noexcept override {
    const auto found = held_.find(memory);
    if (found == held_.end()) std::abort();
    bytes_ -= found->second;
    held_.erase(found);
    device_free(memory);
  }
  std::size_t held() const { return held_.size(); }
  std::size_t max_bytes() const { return max_bytes_; }  // at any one time

 private:
  std::map<void*, std::size_t> held_;
  std::size_t bytes_ = 0, max_bytes_ = 0;
};

}  // namespace qamro::losses
