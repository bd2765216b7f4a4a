#pragma once

#include <cstdint>
#include <functional>

namespace qamro {

// `wanted`, or one thread per core if it is 0.
int thread_count(std::int64_t wanted);

// Runs job(0) … job(count - 1) on up to `threads` threads (0: one per core), of which the caller's is one.
// Each thread first calls `prepare`, if given. After an exception the running jobs end, no others start, and
// the first exception is thrown here.
void for_each_job(std::int64_t count, std::int64_t threads, const std::function<void(std::int64_t)>& job,
                  const std::function<void()>& prepare = {});

}  // namespace qamro
