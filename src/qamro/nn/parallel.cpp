// at::parallel_for is a template that runs in parallel only where the including file is compiled with OpenMP;
// this file is, and it does without the precompiled header, which is not.
#include "qamro/nn/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <omp.h>

#ifndef INTRA_OP_PARALLEL
#error "compile this file with OpenMP"
#endif

namespace qamro::nn {

// at::set_num_threads() would change the number for all threads; OpenMP's is the calling thread's own.
SerialRegion::SerialRegion() : threads_before_(at::get_num_threads()) {
  omp_set_num_threads(1);
}

SerialRegion::~SerialRegion() {
  omp_set_num_threads(threads_before_);
}

void parallel_for(std::int64_t count, const std::function<void(std::int64_t)>& work) {
  // InferenceMode and gradient mode are each thread's own: without them, a worker may not write to the
  // caller's tensors.
  const at::ThreadLocalState callers;
  at::parallel_for(0, count, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
    const at::ThreadLocalStateGuard same_modes(callers);
    const SerialRegion serial;
    for (std::int64_t i = begin; i < end; ++i) work(i);
  });
}

}  // namespace qamro::nn
