#pragma once

#include <cstdint>
#include <functional>

namespace qamro::nn {

// Calls work(i) for each i of [0, count), on torch's intra-op threads (at::set_num_threads). What work(i)
// calls runs on its own thread alone, however many there are, so that its result has the same bits, and in
// the caller's modes (InferenceMode, NoGradGuard). The first exception is passed on. Inside another parallel
// region, or with one thread, it is a plain loop.
void parallel_for(std::int64_t count, const std::function<void(std::int64_t)>& work);

// Into how many tasks `units` of work go, as equal as they can be: at least `least`, and as many for each of
// torch's intra-op threads, so that none waits for the last. Only for work whose results do not depend on it.
std::int64_t task_count(std::int64_t units, std::int64_t least);

// While it lives, torch's operators, oneDNN's and MKL's run on the calling thread alone.
class SerialRegion {
 public:
  SerialRegion();
  ~SerialRegion();
  SerialRegion(const SerialRegion&) = delete;
  SerialRegion& operator=(const SerialRegion&) = delete;

 private:
  int threads_before_, mkl_threads_before_;
};

}  // namespace qamro::nn
