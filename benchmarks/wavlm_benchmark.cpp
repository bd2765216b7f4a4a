// Time of one WavLM window in the packed network, and the machine's peak in the products that it consists of.
//   wavlm_benchmark WEIGHTS THREADS ROUNDS PRECISIONS
// Prints one JSON line: milliseconds, the least of ROUNDS. PRECISIONS: from fp32, bf16 and int8, separated by
// commas.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "benchmarks/network_timing.h"
#include "qamro/encoders/wavlm/packed.h"
#include "qamro/encoders/wavlm/state_dict.h"
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
    result[name] = time_of(threads, rounds, [&] { network.pooled_layers(window); });
  }
  return result;
}

void run(const std::string& weights, int threads, int rounds, const std::string& precisions) {
  at::set_num_threads(threads);
  const at::NoGradGuard no_grad;
  const auto start = Clock::now();
  const auto module = load(weights);
  nlohmann::json result = {{"threads", threads}, {"load", milliseconds_since(start)}};
  result["peak"] = peaks(threads, rounds);
  std::istringstream names(precisions);
  for (std::string name; std::getline(names, name, ',');)
    result[name] = measure(*module, kPrecisions.at(name), threads, rounds);
  std::cout << result.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  prepare();
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
