// at::parallel_for is a template that runs in parallel only where the including file is compiled with OpenMP;
// this file is, and it does without the precompiled header, which is not.
#include "qamro/nn/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <omp.h>

#ifndef INTRA_OP_PARALLEL
#error "compile this file with OpenMP"
#endif

// Of the MKL inside libtorch, by the name that mkl.h gives it for C; a torch without MKL has none.
extern "C" int MKL_Set_Num_Threads_Local(int threads) __attribute__((weak));

namespace qamro::nn {

namespace {

// MKL keeps a number of its own a thread, which at::set_num_threads() sets, too. 0: it goes by OpenMP's.
// Returns the one before.
int set_mkl_threads(int threads) {
  return MKL_Set_Num_Threads_Local == nullptr ? 0 : MKL_Set_Num_Threads_Local(threads);
}

}  // namespace

// at::set_num_threads() would change the number for all threads; these are the calling thread's own.
SerialRegion::SerialRegion()
    : threads_before_(at::get_num_threads()), mkl_threads_before_(set_mkl_threads(1)) {
  omp_set_num_threads(1);
}

SerialRegion::~SerialRegion() {
  omp_set_num_threads(threads_before_);
  set_mkl_threads(mkl_threads_before_);
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
