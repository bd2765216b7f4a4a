#include "qamro/training/parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace qamro::training {
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

void for_each_job(std::size_t count, std::int64_t threads, const std::function<void(std::size_t)>& job,
                  std::int64_t threads_a_job) {
  const auto intra_op = static_cast<int>(std::max<std::int64_t>(threads_a_job, 1));
  const IntraOpThreads scope(intra_op);
  const auto wanted = threads > 0
                          ? static_cast<std::size_t>(threads)
                          : static_cast<std::size_t>(std::max(1U, std::thread::hardware_concurrency()));
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    // MKL keeps its number of threads per thread; a new thread would start with all cores.
    at::set_num_threads(intra_op);
    for (std::size_t i = next++; i < count; i = next++) try {
        job(i);
      } catch (...) {
        next = count;
        const std::scoped_lock lock(mutex);
        if (!failure) failure = std::current_exception();
      }
  };
  std::vector<std::jthread> workers;
  for (std::size_t i = 1; i < std::min(wanted, count); ++i) workers.emplace_back(work);
  work();
  workers.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace qamro::training
