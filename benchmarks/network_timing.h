#pragma once

// Shared by benchmarks of networks: the least time of several rounds, with one call on all threads or one
// call per thread, and the machine's peak in the products that networks consist of.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "qamro/core/process.h"
#include "qamro/core/processor.h"
#include "qamro/nn/arithmetic.h"
#include "qamro/nn/parallel.h"
#include "qamro/nn/row_product.h"

namespace qamro::benchmarks {

// To be called first in main(), as in the command.
inline void prepare() {
  keep_freed_memory();
  limit_libraries();
}

using Clock = std::chrono::steady_clock;

// Precisions by the names in the programs' arguments.
inline const std::map<std::string, nn::Precision> kPrecisions = {
    {"fp32", nn::Precision::fp32}, {"bf16", nn::Precision::bf16}, {"int8", nn::Precision::int8}};

inline double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Processor time of all threads. With one thread, it is what the work costs however busy the machine is.
inline double cpu_milliseconds() {
  return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Least {
  double wall = std::numeric_limits<double>::infinity();
  double cpu = wall;
};

template <typename Work>
Least least_milliseconds(int rounds, const Work& work) {
  Least least;
  for (int round = 0; round < rounds; ++round) {
    const auto start = Clock::now();
    const double cpu_start = cpu_milliseconds();
    work();
    least.wall = std::min(least.wall, milliseconds_since(start));
    least.cpu = std::min(least.cpu, cpu_milliseconds() - cpu_start);
  }
  return least;
}

// Milliseconds per call of work() when each of `threads` threads makes its own call.
template <typename Work>
double throughput(int threads, int rounds, const Work& work) {
  at::set_num_threads(1);
  const Least least = least_milliseconds(rounds, [&] {
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back(work);
    for (std::thread& worker : workers) worker.join();
  });
  at::set_num_threads(threads);
  return least.wall / threads;
}

// Milliseconds of work(): on all threads, of processor time, and per call when each thread makes
// its own call.
template <typename Work>
nlohmann::json time_of(int threads, int rounds, const Work& work) {
  const Least latency = least_milliseconds(rounds, work);
  return {{"latency", latency.wall},
          {"cpu", latency.cpu},
          {"throughput", threads == 1 ? latency.wall : throughput(threads, rounds, work)}};
}

// GFLOP/s of oneDNN's kernel for blocks of rows in a large product, on all threads at once with one product
// each: the speed that a window's arithmetic could reach. "cpu": by processor time; meant for one thread.
template <typename Input, typename Weight, typename Sum>
nlohmann::json peak_of(int threads, int rounds) {
  constexpr std::int64_t kRows = 128, kInputs = 768, kOutputs = 3072, kWidth = 64, kTimes = 4;
  constexpr double kGflop = 2e-9 * kRows * kInputs * kOutputs * kTimes;
  constexpr bool kIsPacked = sizeof(Input) < 4;
  const std::vector<Input> rows(kRows * kInputs, Input(1));
  const std::vector<Weight> weight(kOutputs * kInputs, Weight(1));
  const Least least = least_milliseconds(rounds * 4, [&] {
    nn::parallel_for(threads, [&](std::int64_t) {
      std::vector<Sum> sums(kRows * kWidth);
      for (std::int64_t i = 0; i < kTimes; ++i)
        for (std::int64_t first = 0; first < kOutputs; first += kWidth)
          at::native::cpublas::brgemm(kRows, kWidth, kInputs, kInputs, kWidth, kWidth, /*add_C=*/false,
                                      rows.data(), weight.data() + first * kInputs, sums.data(), kIsPacked);
      const nn::BlockRegion region;
    });
  });
  return {{"wall", 1e3 * kGflop * threads / least.wall}, {"cpu", 1e3 * kGflop * threads / least.cpu}};
}

// Peaks of each precision's arithmetic: "fp32", and "bf16" and "int8" if the processor has them. The 16-bit
// integers of `wide` are compared with fp32.
inline nlohmann::json peaks(int threads, int rounds) {
  nlohmann::json found = {{"fp32", peak_of<float, float, float>(threads, rounds)}};
  if (processor().tier >= Tier::avx512_bf16)
    found["bf16"] = peak_of<at::BFloat16, at::BFloat16, float>(threads, rounds);
  if (processor().tier >= Tier::avx512_vnni)
    found["int8"] = peak_of<unsigned char, signed char, std::int32_t>(threads, rounds);
  return found;
}

}  // namespace qamro::benchmarks
