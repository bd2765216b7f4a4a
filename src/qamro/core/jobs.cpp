#include "qamro/core/jobs.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace qamro {

int thread_count(std::int64_t wanted) {
  return wanted > 0 ? static_cast<int>(wanted)
                    : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void for_each_job(std::int64_t count, std::int64_t threads, const std::function<void(std::int64_t)>& job,
                  const std::function<void()>& prepare) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&] {
    try {
      if (prepare) prepare();
      for (std::int64_t i = next++; i < count; i = next++) job(i);
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  std::vector<std::jthread> helpers;
  for (std::int64_t t = 1; t < std::min<std::int64_t>(thread_count(threads), count); ++t)
    helpers.emplace_back(work);
  work();
  helpers.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace qamro
