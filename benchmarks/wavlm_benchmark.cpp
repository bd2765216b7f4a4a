// Time of one WavLM window in the packed network, and the machine's peak in the products that it consists of.
//   wavlm_benchmark WEIGHTS THREADS ROUNDS PRECISIONS [SECONDS]
// Prints one JSON line: milliseconds, the least of ROUNDS. PRECISIONS: from fp32, bf16 and int8, separated by
// commas. SECONDS: lengths of windows, separated by commas; measures only "all" of them, shared by the
// threads.
#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "benchmarks/network_timing.h"
#include "qamro/encoders/wavlm/module.h"
#include "qamro/encoders/wavlm/packed.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"

namespace {

namespace wavlm = qamro::encoders::wavlm;
namespace nn = qamro::nn;
using namespace qamro::benchmarks;
using qamro::io::StateDict;

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

// Returns the milliseconds for all windows. Each thread takes the next window, as in `qamro score`.
double time_of_all(const wavlm::PackedWavLm& network, const std::vector<double>& seconds, int threads,
                   int rounds) {
  std::vector<at::Tensor> windows;
  for (const double length : seconds) windows.push_back(noise(length));
  std::atomic<std::size_t> next;
  const auto work = [&] {
    for (std::size_t i = next++; i < windows.size(); i = next++) network.pooled_layers(windows[i]);
  };
  at::set_num_threads(1);
  const Least least = least_milliseconds(rounds, [&] {
    next = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back(work);
    for (std::thread& worker : workers) worker.join();
  });
  at::set_num_threads(threads);
  return least.wall;
}

std::vector<double> numbers_of(const std::string& list) {
  std::vector<double> numbers;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ',');) numbers.push_back(std::stod(part));
  return numbers;
}

nlohmann::json measure(const wavlm::WavLmModule& module, nn::Precision precision, int threads, int rounds,
                       const std::vector<double>& seconds) {
  if (!seconds.empty())
    return {{"all", time_of_all(wavlm::PackedWavLm(module, precision), seconds, threads, rounds)}};
  nlohmann::json result;
  auto start = Clock::now();
  const wavlm::PackedWavLm network(module, precision);
  result["pack"] = milliseconds_since(start);
  start = Clock::now();
  network.pooled_layers(noise(3.0));
  result["first_3s"] = milliseconds_since(start);
  for (const auto& [name, length] : {std::pair{"10s", 10.0}, {"3s", 3.0}}) {
    const at::Tensor window = noise(length);
    result[name] = time_of(threads, rounds, [&] { network.pooled_layers(window); });
  }
  return result;
}

void run(const std::string& weights, int threads, int rounds, const std::string& precisions,
         const std::vector<double>& windows) {
  at::set_num_threads(threads);
  const at::NoGradGuard no_grad;
  const auto start = Clock::now();
  const auto module = load(weights);
  nlohmann::json result = {{"threads", threads}, {"load", milliseconds_since(start)}};
  if (windows.empty()) result["peak"] = peaks(threads, rounds);
  std::istringstream names(precisions);
  for (std::string name; std::getline(names, name, ',');)
    result[name] = measure(*module, kPrecisions.at(name), threads, rounds, windows);
  std::cout << result.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  prepare();
  if (argc != 5 && argc != 6) {
    std::cerr << "usage: wavlm_benchmark WEIGHTS THREADS ROUNDS PRECISIONS [SECONDS]\n";
    return 2;
  }
  try {
    run(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), argv[4], numbers_of(argc == 6 ? argv[5] : ""));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
