// Time of one WavLM window in the packed network, and the machine's peak in the products that it is made of.
//   wavlm_benchmark WEIGHTS THREADS ROUNDS PRECISIONS: one JSON line, milliseconds, the least of ROUNDS;
//   PRECISIONS: of fp32, bf16, int8, separated by commas
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
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "qamro/encoders/wavlm/packed.h"
#include "qamro/encoders/wavlm/state_dict.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"
#include "qamro/nn/onednn.h"
#include "qamro/nn/parallel.h"
#include "qamro/nn/precision.h"

namespace {

namespace wavlm = qamro::encoders::wavlm;
namespace nn = qamro::nn;
const std::map<std::string, nn::Precision> kPrecisions = {
    {"fp32", nn::Precision::fp32}, {"bf16", nn::Precision::bf16}, {"int8", nn::Precision::int8}};
using Clock = std::chrono::steady_clock;
using qamro::io::StateDict;

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

std::shared_ptr<wavlm::WavLmModule> load(const std::string& path) {
  StateDict state = path.ends_with(".safetensors") ? qamro::io::load_safetensors(path)
                                                   : qamro::io::load_state_dict(path, "state_dict");
  if (state.begin()->first.starts_with("model.")) state = qamro::io::take_prefix(state, "model.");
  return wavlm::module_from_state_dict(qamro::io::take_prefix(state, "wavlm_model."), path);
}

at::Tensor noise(double seconds) {
  at::manual_seed(0);
  return at::randn({static_cast<std::int64_t>(seconds * wavlm::WavLmConfig::kSampleRateHz)}) * 0.1;
}

// Milliseconds a window when each of `threads` threads computes windows of its own.
double throughput(const wavlm::PackedWavLm& network, const at::Tensor& window, int threads, int rounds) {
  at::set_num_threads(1);
  const Least least = least_milliseconds(rounds, [&] {
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back([&] { network.pooled_layers(window); });
    for (std::thread& worker : workers) worker.join();
  });
  at::set_num_threads(threads);
  return least.wall / threads;
}

// GFLOP/s of a large product on all threads, each with its own: what a window's arithmetic could run at.
// "cpu": by processor time, with one thread.
nlohmann::json peak(nn::Precision precision, int threads, int rounds) {
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

nlohmann::json measure(const wavlm::WavLmModule& module, nn::Precision precision, int threads, int rounds) {
  nlohmann::json result;
  auto start = Clock::now();
  const wavlm::PackedWavLm network(module, precision);
  result["pack"] = milliseconds_since(start);
  start = Clock::now();
  network.pooled_layers(noise(3.0));
  result["first_3s"] = milliseconds_since(start);
  for (const auto& [name, seconds] : {std::pair{"10s", 10.0}, {"3s", 3.0}}) {
    const at::Tensor window = noise(seconds);
    const Least latency = least_milliseconds(rounds, [&] { network.pooled_layers(window); });
    result[name] = {
        {"latency", latency.wall},
        {"cpu", latency.cpu},
        {"throughput", threads == 1 ? latency.wall : throughput(network, window, threads, rounds)}};
  }
  return result;
}

void run(const std::string& weights, int threads, int rounds, const std::string& precisions) {
  at::set_num_threads(threads);
  const at::NoGradGuard no_grad;
  const auto start = Clock::now();
  const auto module = load(weights);
  nlohmann::json result = {{"threads", threads}, {"load", milliseconds_since(start)}};
  result["peak"]["fp32"] = peak(nn::Precision::fp32, threads, rounds);
  if (nn::has_bfloat16_instructions()) result["peak"]["bf16"] = peak(nn::Precision::bf16, threads, rounds);
  std::istringstream names(precisions);
  for (std::string name; std::getline(names, name, ',');)
    result[name] = measure(*module, kPrecisions.at(name), threads, rounds);
  std::cout << result.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: wavlm_benchmark WEIGHTS THREADS ROUNDS PRECISIONS\n";
    return 2;
  }
  try {
    run(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), argv[4]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
