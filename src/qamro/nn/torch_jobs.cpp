#include "qamro/nn/torch_jobs.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "qamro/core/jobs.h"

namespace qamro::nn {
namespace {

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

void for_each_torch_job(std::int64_t count, std::int64_t threads, std::int64_t threads_per_job,
                        const std::function<void(std::int64_t)>& job) {
  const auto intra_op = static_cast<int>(std::max<std::int64_t>(threads_per_job, 1));
  const IntraOpThreads scope(intra_op);
  // MKL keeps its number of threads per thread; a new thread would start with all cores.
  for_each_job(count, threads, job, [intra_op] { at::set_num_threads(intra_op); });
}

}  // namespace qamro::nn
