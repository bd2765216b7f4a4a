#pragma once

#include <cstdint>
#include <functional>

namespace qamro::nn {

// for_each_job() for jobs that call torch: each has `threads_per_job` intra-op threads. With one, which suits
// small tensors, a job's result depends neither on `threads` nor on the other jobs. The caller's number of
// intra-op threads is restored.
void for_each_torch_job(std::int64_t count, std::int64_t threads, std::int64_t threads_per_job,
                        const std::function<void(std::int64_t)>& job);

}  // namespace qamro::nn
