// Runs Distill-MOS on windows from a safetensors file ("windows", [n, 122880]; "valid_samples", [n]) and
// writes every stage to another, which test_distillmos.py compares with the Python package.
//   encoder_probe WEIGHTS IN OUT module|fp32|bf16 THREADS
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "qamro/encoders/distillmos/module.h"
#include "qamro/encoders/distillmos/packed.h"
#include "qamro/features/complex_spectrum.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"

namespace {

namespace distillmos = qamro::encoders::distillmos;
using qamro::io::StateDict;

StateDict load_weights(const std::string& path) {
  return path.ends_with(".safetensors") ? qamro::io::load_safetensors(path)
                                        : qamro::io::load_state_dict(path);
}

using Forward = std::function<distillmos::DistillMosOutput(const at::Tensor&)>;

Forward forward_of(distillmos::DistillMosModule& module, const std::string& path) {
  if (path == "module") return [&module](const at::Tensor& window) { return module.forward(window); };
  const auto precision = path == "bf16" ? qamro::nn::Precision::bf16 : qamro::nn::Precision::fp32;
  return [packed = std::make_shared<distillmos::PackedDistillMos>(module, precision)](
             const at::Tensor& window) { return packed->forward(window); };
}

StateDict named(const distillmos::DistillMosOutput& output, const at::Tensor& window) {
  StateDict tensors = {{"mos", output.mos},
                       {"pooled", output.pooled},
                       {"projected", output.projected},
                       {"normalised", output.normalised},
                       {"spectrum", qamro::features::complex_spectrum(window)}};
  for (std::size_t i = 0; i < output.layers.size(); ++i)
    tensors.emplace(fmt::format("layer{}", i + 1), output.layers[i]);
  return tensors;
}

void run(const std::string& weights, const std::string& input, const std::string& output,
         const std::string& path) {
  const auto module = distillmos::module_from_state_dict(load_weights(weights), weights);
  const at::Tensor windows = qamro::io::load_safetensors(input).at("windows").clone();
  const Forward forward = forward_of(*module, path);
  const at::NoGradGuard no_grad;
  std::map<std::string, std::vector<at::Tensor>> rows;
  for (std::int64_t i = 0; i < windows.size(0); ++i) {
    const at::Tensor window = windows.narrow(0, i, 1);  // one by one, to save memory
    for (const auto& [name, tensor] : named(forward(window), window)) rows[name].push_back(tensor);
  }
  StateDict tensors;
  for (const auto& [name, parts] : rows) tensors.emplace(name, at::cat(parts));
  qamro::io::save_safetensors(output, tensors, {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: encoder_probe WEIGHTS IN OUT module|fp32|bf16 THREADS\n";
    return 2;
  }
  try {
    at::set_num_threads(std::atoi(argv[5]));
    run(argv[1], argv[2], argv[3], argv[4]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
