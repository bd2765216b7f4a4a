#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace qamro::training {

// Runs job(0) … job(count - 1) on up to `threads` threads (0: one per core). Each job has `threads_a_job`
// intra-op threads; with one, which suits small tensors, a job's result depends neither on `threads` nor on
// the other jobs. After an exception the running jobs end, no others start, and the first exception is
// thrown here.
void for_each_job(std::size_t count, std::int64_t threads, const std::function<void(std::size_t)>& job,
                  std::int64_t threads_a_job = 1);

}  // namespace qamro::training
