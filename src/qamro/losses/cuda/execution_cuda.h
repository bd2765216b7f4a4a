#pragma once

#include <cuda_runtime.h>
#include <thrust/system/cuda/execution_policy.h>

#include <string>

#include "qamro/core/error.h"
#include "qamro/losses/cuda/execution_types.h"

// Runs the kernels on a GPU. See execution.h.
namespace qamro::losses::device {

inline void check_cuda(cudaError_t error, const char* what) {
  if (error != cudaSuccess)
    throw Error(std::string("ranking loss on a GPU: ") + what + ": " + cudaGetErrorString(error));
}

class ScopedDevice {
 public:
  explicit ScopedDevice(int device) {
    check_cuda(cudaGetDevice(&before_), "cudaGetDevice");
    if (device != before_) check_cuda(cudaSetDevice(device), "cudaSetDevice");
  }
  ~ScopedDevice() { cudaSetDevice(before_); }
  ScopedDevice(const ScopedDevice&) = delete;
  ScopedDevice& operator=(const ScopedDevice&) = delete;

 private:
  int before_ = 0;
};

inline cudaStream_t stream_of(const Execution& execution) {
  return static_cast<cudaStream_t>(execution.queue.stream);
}

// nosync: Thrust need not wait for the work that it queues.
inline auto execution_policy(const Execution& execution) {
  return thrust::cuda::par_nosync(ThrustAllocator{&execution.workspace}).on(stream_of(execution));
}

template <class Kernel>
__global__ void __launch_bounds__(Kernel::kThreads) run_kernel(const Kernel kernel) {
  __shared__ alignas(typename Kernel::Shared) unsigned char memory[sizeof(typename Kernel::Shared)];
  auto& shared = *reinterpret_cast<typename Kernel::Shared*>(memory);
  const ThreadPlace place = {blockIdx.x, blockIdx.y, threadIdx.x};
  typename Kernel::Registers registers;
  for (unsigned phase = 0; phase < kernel.phases(); ++phase) {
    kernel.run(phase, place, shared, registers);
    __syncthreads();
  }
}

template <class Kernel>
void launch(const Execution& execution, const Kernel& kernel, Grid grid) {
  run_kernel<<<dim3(grid.x, grid.y), Kernel::kThreads, 0, stream_of(execution)>>>(kernel);
  check_cuda(cudaGetLastError(), "launch");
}

// `from` is pageable memory, so CUDA has taken a copy when this returns.
inline void copy_to_device(const Execution& execution, void* to, const void* from, std::size_t bytes) {
  if (bytes > 0)
    check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_of(execution)), "copy");
}

// 16384 was measured on an H100, 4096 is an estimate (docs/adr/0005): a GPU for computing has a third to half
// of its single-precision speed in double precision, others a 32nd to a 64th.
// benchmarks/ranking_cuda_benchmark.cu prints where the two algorithms cross.
inline std::size_t favoured_tiled_size() {
  int device = 0, single_to_double = 2;
  check_cuda(cudaGetDevice(&device), "cudaGetDevice");
  check_cuda(cudaDeviceGetAttribute(&single_to_double, cudaDevAttrSingleToDoublePrecisionPerfRatio, device),
             "cudaDeviceGetAttribute");
  return single_to_double <= 4 ? 16384 : 4096;
}

}  // namespace qamro::losses::device
