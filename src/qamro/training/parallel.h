#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace qamro::training {

// Runs job(0) … job(count - 1) on up to `threads` threads (0: one a core), each with `threads_a_job` intra-op
// threads: with one of them, as small tensors want it, the result of a job depends neither on `threads` nor
// on the other jobs. The first exception ends the loop after the jobs under way and is thrown here.
void for_each_job(std::size_t count, std::int64_t threads, const std::function<void(std::size_t)>& job,
                  std::int64_t threads_a_job = 1);

}  // namespace qamro::training
