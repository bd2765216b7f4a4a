// Time of one Distill-MOS window in the packed network and in the plain one.
//   encoder_benchmark WEIGHTS THREADS ROUNDS
// Prints one JSON line: milliseconds, the least of ROUNDS.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include "benchmarks/network_timing.h"
#include "qamro/encoders/distillmos/module.h"
#include "qamro/encoders/distillmos/packed.h"
#include "qamro/io/torch_checkpoint.h"

namespace {

namespace distillmos = qamro::encoders::distillmos;
using namespace qamro::benchmarks;

// A window with noise for that many seconds, then silence.
at::Tensor noise_window(double seconds) {
  at::manual_seed(0);
  at::Tensor window = at::randn({1, distillmos::DistillMosConfig::kWindowSamples}) * 0.1;
  const auto samples = static_cast<std::int64_t>(seconds * distillmos::DistillMosConfig::kSampleRateHz);
  window.narrow(1, samples, window.size(1) - samples).zero_();
  return window;
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
    result[name] = time_of(threads, rounds, [&] { network.forward(window); });
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
  prepare();
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
