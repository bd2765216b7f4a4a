#pragma once

#include <cstddef>
#include <cstdint>

#include "qamro/losses/cuda/device_workspace.h"
#include "qamro/losses/cuda/execution_types.h"

#if defined(__CUDACC__)
#include "qamro/losses/cuda/execution_cuda.h"
#else
#include "qamro/losses/cuda/execution_cpu.h"
#endif

#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

// What the kernels need from a machine, the same for a GPU (execution_cuda.h) and for the
// CPU (execution_cpu.h):
//
//   ScopedDevice            makes a device the current one while it lives
//   execution_policy(e)     Thrust's policy on e's queue, with its workspace
//   launch(e, kernel, grid) runs a block kernel
//   copy_to_device(e, …)    queues a copy of host memory, which the caller may then free or change at once
//   favoured_tiled_size()   the most elements for which all pairs are faster than sorting
//
// A block kernel is a struct with a number of threads and a number of phases, between which its threads wait
// for each other:
//
//   static constexpr unsigned kThreads;
//   struct Shared;                                   // per block, uninitialised at first
//   struct Registers;                                // per thread, kept from phase to phase
//   unsigned phases() const;
//   void run(unsigned phase, const ThreadPlace&, Shared&, Registers&) const;  // QAMRO_HOST_DEVICE
//
// so that loops over blocks, phases and threads run it on the CPU.
namespace qamro::losses::device {

// Uninitialised memory from the workspace.
template <class T>
class Buffer {
 public:
  Buffer(const Execution& execution, std::size_t size)
      : workspace_(execution.workspace),
        data_(static_cast<T*>(workspace_.allocate(sizeof(T) * (size + 1)))) {}
  ~Buffer() { workspace_.deallocate(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  T* data() const { return data_; }

 private:
  DeviceWorkspace& workspace_;
  T* data_;
};

// Calls function(i) for every i < n.
template <class Function>
void for_each_index(const Execution& execution, std::size_t n, const Function& function) {
  thrust::for_each_n(execution_policy(execution), thrust::counting_iterator<std::size_t>(0), n, function);
}

}  // namespace qamro::losses::device
