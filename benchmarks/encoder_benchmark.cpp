// Time of one Distill-MOS window in the packed network and in the plain one.
//   encoder_benchmark WEIGHTS THREADS ROUNDS: one JSON line, milliseconds, the least of ROUNDS
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "qamro/encoders/distillmos/packed.h"
#include "qamro/encoders/distillmos/state_dict.h"
#include "qamro/io/torch_checkpoint.h"

namespace {

namespace distillmos = qamro::encoders::distillmos;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Of all threads; with one thread, what the work costs however busy the machine is.
double cpu_milliseconds() {
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

// A window that holds noise for that many seconds and silence after.
at::Tensor noise_window(double seconds) {
  at::manual_seed(0);
  at::Tensor window = at::randn({1, distillmos::DistillMosConfig::kWindowSamples}) * 0.1;
  const auto samples = static_cast<std::int64_t>(seconds * distillmos::DistillMosConfig::kSampleRateHz);
  window.narrow(1, samples, window.size(1) - samples).zero_();
  return window;
}

// Milliseconds a window when each of `threads` threads computes windows of its own.
double throughput(const distillmos::PackedDistillMos& network, const at::Tensor& window, int threads,
                  int rounds) {
  constexpr int kWindows = 4;
  at::set_num_threads(1);
  const Least least = least_milliseconds(rounds, [&] {
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i)
      workers.emplace_back([&] {
        for (int n = 0; n < kWindows; ++n) network.forward(window);
      });
    for (std::thread& worker : workers) worker.join();
  });
  at::set_num_threads(threads);
  return least.wall / (kWindows * threads);
}

nlohmann::json measure(distillmos::DistillMosModule& module, qamro::nn::Precision precision, int threads,
                       int rounds) {
  nlohmann::json result;
  auto start = Clock::now();
  const distillmos::PackedDistillMos network(module, precision);
  result["pack"] = milliseconds_since(start);
  start = Clock::now();
  network.forward(noise_window(3.0));
  result["first_3s"] = milliseconds_since(start);
  for (const auto& [name, seconds] : {std::pair{"7.68s", 7.68}, {"3s", 3.0}}) {
    const at::Tensor window = noise_window(seconds);
    const Least latency = least_milliseconds(rounds, [&] { network.forward(window); });
    result[name] = {{"latency", latency.wall},
                    {"cpu", latency.cpu},
                    {"throughput", throughput(network, window, threads, std::max(1, rounds / 4))}};
  }
  return result;
}

void run(const std::string& weights, int threads, int rounds) {
  at::set_num_threads(threads);
  const at::NoGradGuard no_grad;
  const auto start = Clock::now();
  const auto module = distillmos::module_from_state_dict(qamro::io::load_state_dict(weights), weights);
  nlohmann::json result = {{"threads", threads}, {"load", milliseconds_since(start)}};
  result["fp32"] = measure(*module, qamro::nn::Precision::fp32, threads, rounds);
  result["bf16"] = measure(*module, qamro::nn::Precision::bf16, threads, rounds);
  const at::Tensor window = noise_window(7.68);
  const Least least = least_milliseconds(std::max(1, rounds / 4), [&] { module->forward(window); });
  result["module"]["7.68s"] = {{"latency", least.wall}, {"cpu", least.cpu}};
  std::cout << result.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: encoder_benchmark WEIGHTS THREADS ROUNDS\n";
    return 2;
  }
  try {
    run(argv[1], std::atoi(argv[2]), std::atoi(argv[3]));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
