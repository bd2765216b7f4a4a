#pragma once

// What benchmarks of networks share: the least time of several rounds, alone on all threads and on each, and
// the machine's peak in the products that networks are made of.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

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

#include "qamro/nn/onednn.h"
#include "qamro/nn/parallel.h"
#include "qamro/nn/precision.h"

namespace qamro::benchmarks {

using Clock = std::chrono::steady_clock;

// By the names of the programs' arguments.
inline const std::map<std::string, nn::Precision> kPrecisions = {
    {"fp32", nn::Precision::fp32}, {"bf16", nn::Precision::bf16}, {"int8", nn::Precision::int8}};

inline double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Of all threads; with one thread, what the work costs however busy the machine is.
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

// Milliseconds a call of work() when each of `threads` threads calls it for itself.
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

// Milliseconds of work() on all threads, of processor time, and a call when each thread has its own.
template <typename Work>
nlohmann::json time_of(int threads, int rounds, const Work& work) {
  const Least latency = least_milliseconds(rounds, work);
  return {{"latency", latency.wall},
          {"cpu", latency.cpu},
          {"throughput", threads == 1 ? latency.wall : throughput(threads, rounds, work)}};
}

// GFLOP/s of a large product on all threads, each with its own: what a window's arithmetic could run at.
// "cpu": by processor time, with one thread.
inline nlohmann::json peak(nn::Precision precision, int threads, int rounds) {
  constexpr std::int64_t kRows = 512, kInputs = 768, kOutputs = 3072;
  constexpr double kGflop = 2e-9 * kRows * kInputs * kOutputs;
  const at::Tensor input = at::randn({kRows, kInputs}).to(nn::compute_type(precision));
  const nn::PackedLinear product(nn::to_precision(at::randn({kOutputs, kInputs}), precision),
                                 nn::to_precision(at::randn({kOutputs}), precision), 128);
  const Least least = least_milliseconds(rounds * 4, [&] {
    nn::parallel_for(threads, [&](std::int64_t) {
      const at::NoGradGuard no_grad;
      product(input);
    });
  });
  return {{"wall", 1e3 * kGflop * threads / least.wall}, {"cpu", 1e3 * kGflop * threads / least.cpu}};
}

}  // namespace qamro::benchmarks
