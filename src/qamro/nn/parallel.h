#pragma once

#include <cstdint>
#include <functional>

#include <c10/util/ParallelGuard.h>

namespace qamro::nn {

// Calls work(i) for each i of [0, count), on torch's intra-op threads (at::set_num_threads). Which thread
// takes which i must not matter. The first exception is passed on. Inside another parallel region, or with
// one thread, it is a plain loop.
void parallel_for(std::int64_t count, const std::function<void(std::int64_t)>& work);

// While it lives, torch's own operators on this thread run on it alone.
class SerialRegion {
 public:
  SerialRegion() : guard_(true) {}

 private:
  c10::ParallelGuard guard_;
};

}  // namespace qamro::nn
