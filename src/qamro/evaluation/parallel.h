#pragma once

#include <cstdint>
#include <functional>

namespace qamro::evaluation {

// job(0) … job(count - 1) on `threads` threads (0: one a core). The first exception is thrown here after the
// jobs under way are done.
void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t)>& job);

}  // namespace qamro::evaluation
