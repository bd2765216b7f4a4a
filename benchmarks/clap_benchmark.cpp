// Time of CLAP's encoders: one window of audio, and one prompt.
//   clap_benchmark WEIGHTS THREADS ROUNDS PRECISIONS TOKENS
// Prints one JSON line: milliseconds, the least of ROUNDS. PRECISIONS: of the audio, from fp32, bf16 and
// int8, separated by commas. TOKENS: number of tokens of the prompt, which is computed in fp32.
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "benchmarks/network_timing.h"
#include "qamro/encoders/clap/module.h"
#include "qamro/encoders/htsat/packed.h"
#include "qamro/encoders/roberta/module.h"
#include "qamro/io/torch_checkpoint.h"

namespace {

namespace clap = qamro::encoders::clap;
namespace htsat = qamro::encoders::htsat;
namespace roberta = qamro::encoders::roberta;
namespace nn = qamro::nn;
using namespace qamro::benchmarks;

nlohmann::json time_audio(const clap::ClapModule& module, nn::Precision precision, int threads, int rounds) {
  at::manual_seed(0);
  const at::Tensor window = at::randn({1, htsat::HtsatConfig::kWindowSamples}) * 0.1;
  const htsat::PackedHtsat network(module.audio_branch, precision);  // as models/clap/encoder.cpp does
  return time_of(threads, rounds, [&] {
    const at::NoGradGuard no_grad;
    const at::Tensor embedding = network.forward(window).embedding;
    const nn::SerialRegion serial;
    module.project_audio(embedding);
  });
}

nlohmann::json time_text(const clap::ClapModule& module, std::int64_t tokens, int threads, int rounds) {
  std::vector<std::int64_t> prompt(static_cast<std::size_t>(tokens));
  std::iota(prompt.begin(), prompt.end(), 1000);
  const roberta::InferenceRoberta text(module.text_branch);  // as models/clap/encoder.cpp does
  return time_of(threads, rounds, [&] {
    const at::NoGradGuard no_grad;
    const at::Tensor pooled = text.forward(prompt).pooled;
    const nn::SerialRegion serial;
    module.project_text(pooled);
  });
}

void run(const std::string& weights, int threads, int rounds, const std::string& precisions,
         std::int64_t tokens) {
  at::set_num_threads(threads);
  const auto state = qamro::io::take_prefix(qamro::io::load_state_dict(weights), "module.");
  const auto module = clap::module_from_state_dict(state, weights);
  nlohmann::json result = {{"threads", threads}};
  {
    const at::NoGradGuard no_grad;
    result["peak"] = peaks(threads, rounds);
  }
  result["text"] = time_text(*module, tokens, threads, rounds);
  std::istringstream names(precisions);
  for (std::string name; std::getline(names, name, ',');)
    result[name] = time_audio(*module, kPrecisions.at(name), threads, rounds);
  std::cout << result.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  prepare();
  if (argc != 6) {
    std::cerr << "usage: clap_benchmark WEIGHTS THREADS ROUNDS PRECISIONS TOKENS\n";
    return 2;
  }
  try {
    run(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), argv[4], std::atoi(argv[5]));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
