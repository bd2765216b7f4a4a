// The threads are those of the OpenMP runtime that libtorch itself runs on, GCC's libgomp, whatever compiles
// this file: clang's -fopenmp would start a second pool of threads beside it, in which at::set_num_threads()
// says nothing, and at::parallel_for is a loop where the including file has no OpenMP. What a `#pragma omp
// parallel` of g++ compiles to is therefore called by name.
#include "qamro/nn/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <c10/util/ParallelGuard.h>

#include <algorithm>
#include <atomic>
#include <exception>

// Of libgomp, since GCC 4.9 (GOMP_4.0).
extern "C" {
void GOMP_parallel(void (*work)(void*), void* data, unsigned threads, unsigned flags);
int omp_get_num_threads();
int omp_get_thread_num();
void omp_set_num_threads(int threads);
}

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

namespace {

// What the threads of one parallel_for share.
struct Team {
  std::int64_t count;
  const std::function<void(std::int64_t)>& work;
  // InferenceMode and gradient mode are each thread's own: without them, a worker may not write to the
  // caller's tensors.
  at::ThreadLocalState callers;
  std::atomic_flag has_failed;
  std::exception_ptr failure;
};

// Indices [begin, end) on the calling thread, which torch knows as `thread` meanwhile.
void work_alone(Team& team, int thread, std::int64_t begin, std::int64_t end) {
  const at::internal::ThreadIdGuard id(thread);
  const c10::ParallelGuard inside(true);
  const at::ThreadLocalStateGuard same_modes(team.callers);
  const SerialRegion serial;
  for (std::int64_t i = begin; i < end; ++i) team.work(i);
}

// One thread's share: a run of indices, as at::parallel_for shares them out. Nothing may be thrown through
// libgomp.
void work_together(void* shared) {
  Team& team = *static_cast<Team*>(shared);
  const std::int64_t threads = std::min<std::int64_t>(omp_get_num_threads(), team.count);
  const int thread = omp_get_thread_num();
  const std::int64_t share = (team.count + threads - 1) / threads, begin = thread * share;
  if (begin >= team.count) return;
  try {
    work_alone(team, thread, begin, std::min(team.count, begin + share));
  } catch (...) {
    if (!team.has_failed.test_and_set()) team.failure = std::current_exception();
  }
}

}  // namespace

void parallel_for(std::int64_t count, const std::function<void(std::int64_t)>& work) {
  if (count <= 0) return;
  at::internal::lazy_init_num_threads();
  Team team{count, work, {}, {}, {}};
  if (count == 1 || at::in_parallel_region() || at::get_num_threads() == 1)
    return work_alone(team, 0, 0, count);
  GOMP_parallel(work_together, &team, /*threads=*/0,
                /*flags=*/0);  // 0: as many as at::set_num_threads() said
  if (team.failure) std::rethrow_exception(team.failure);
}

std::int64_t task_count(std::int64_t units, std::int64_t least) {
  const std::int64_t threads = at::get_num_threads();
  const std::int64_t tasks = (std::max<std::int64_t>(least, 1) + threads - 1) / threads * threads;
  return std::clamp<std::int64_t>(tasks, 1, std::max<std::int64_t>(units, 1));
}

}  // namespace qamro::nn
