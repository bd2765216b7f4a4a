#pragma once

#include <cstdint>
#include <functional>

namespace qamro::nn {

// Calls work(i) for each i in [0, count) on torch's intra-op threads (at::set_num_threads). What work(i)
// calls runs on that one thread, so its result has the same bits with any number of threads, and in the
// caller's modes (InferenceMode, NoGradGuard). The first exception is rethrown. Inside another parallel
// region, or with one thread, it is a plain loop.
void parallel_for(std::int64_t count, const std::function<void(std::int64_t)>& work);

// Number of tasks to split `units` of work into, as equally as possible: at least `min_tasks`, rounded up to
// the same number per intra-op thread of torch so that none waits for the last, but at most `units`. Only for
// work whose results do not depend on the number of tasks.
std::int64_t task_count(std::int64_t units, std::int64_t min_tasks);

// While it lives, the operators of torch, oneDNN and MKL run on the calling thread alone.
class SerialRegion {
 public:
  SerialRegion();
  ~SerialRegion();
  SerialRegion(const SerialRegion&) = delete;
  SerialRegion& operator=(const SerialRegion&) = delete;

 private:
  int threads_before_, mkl_threads_before_;
};

// for_each_job() for jobs that call torch: each has `threads_per_job` intra-op threads. With one, which suits
// small tensors, a job's result depends neither on `threads` nor on the other jobs. The caller's number of
// intra-op threads is restored.
void for_each_torch_job(std::int64_t count, std::int64_t threads, std::int64_t threads_per_job,
                        const std::function<void(std::int64_t)>& job);

}  // namespace qamro::nn
