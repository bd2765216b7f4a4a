#pragma once

#include <cstdint>
#include <functional>

namespace qamro::evaluation {

// Runs job(0) … job(count - 1) on `threads` threads (0: one per core). Rethrows the first exception once the
// running jobs have ended.
void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t)>& job);

}  // namespace qamro::evaluation
