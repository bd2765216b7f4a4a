// The threads are those of the OpenMP runtime that libtorch itself runs on, GCC's libgomp, whichever compiler
// builds this file. clang's -fopenmp would start a second pool of threads that ignores at::set_num_threads(),
// and at::parallel_for is a plain loop in a file compiled without OpenMP. This file therefore calls by name
// what g++ compiles a `#pragma omp parallel` to.
#include "qamro/nn/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <c10/util/ParallelGuard.h>

#include <algorithm>
#include <atomic>
#include <exception>

#include "qamro/core/jobs.h"

// From libgomp, since GCC 4.9 (GOMP_4.0).
extern "C" {
void GOMP_parallel(void (*work)(void*), void* data, unsigned threads, unsigned flags);
int omp_get_num_threads();
int omp_get_thread_num();
void omp_set_num_threads(int threads);
}

// From the MKL inside libtorch, under the name that mkl.h gives it for C. Null in a torch without MKL.
extern "C" int MKL_Set_Num_Threads_Local(int threads) __attribute__((weak));

namespace qamro::nn {
namespace {

// MKL keeps its own number per calling thread, which at::set_num_threads() sets as well. 0 means OpenMP's
// number. Returns the previous number.
int set_mkl_threads(int threads) {
  return MKL_Set_Num_Threads_Local == nullptr ? 0 : MKL_Set_Num_Threads_Local(threads);
}

// at::set_num_threads changes the whole process, so the old value is restored.
class IntraOpThreads {
 public:
  explicit IntraOpThreads(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~IntraOpThreads() { at::set_num_threads(before_); }
  IntraOpThreads(const IntraOpThreads&) = delete;
  IntraOpThreads& operator=(const IntraOpThreads&) = delete;

 private:
  int before_;
};

}  // namespace

// at::set_num_threads() would change the number for all threads; these calls change the calling thread's.
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
  // InferenceMode and gradient mode are per thread: without the caller's, a worker may not write to the
  // caller's tensors.
  at::ThreadLocalState callers;
  std::atomic_flag has_failed;
  std::exception_ptr failure;
};

// Runs indices [begin, end) on the calling thread, which torch knows as `thread` meanwhile.
void work_alone(Team& team, int thread, std::int64_t begin, std::int64_t end) {
  const at::internal::ThreadIdGuard id(thread);
  const c10::ParallelGuard inside(true);
  const at::ThreadLocalStateGuard same_modes(team.callers);
  const SerialRegion serial;
  for (std::int64_t i = begin; i < end; ++i) team.work(i);
}

// Runs one thread's share, a range of indices split as at::parallel_for does. No exception may pass
// through libgomp.
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
                /*flags=*/0);  // 0 threads: as many as at::set_num_threads() set
  if (team.failure) std::rethrow_exception(team.failure);
}

std::int64_t task_count(std::int64_t units, std::int64_t min_tasks) {
  const std::int64_t threads = at::get_num_threads();
  const std::int64_t tasks = (std::max<std::int64_t>(min_tasks, 1) + threads - 1) / threads * threads;
  return std::clamp<std::int64_t>(tasks, 1, std::max<std::int64_t>(units, 1));
}

void for_each_torch_job(std::int64_t count, std::int64_t threads, std::int64_t threads_per_job,
                        const std::function<void(std::int64_t)>& job) {
  const auto intra_op = static_cast<int>(std::max<std::int64_t>(threads_per_job, 1));
  const IntraOpThreads scope(intra_op);
  // MKL keeps its number of threads per thread; a new thread would start with all cores.
  for_each_job(count, threads, job, [intra_op] { at::set_num_threads(intra_op); });
}

}  // namespace qamro::nn
