// Runs WavLM on windows from a safetensors file ("windows", [n, samples]; "valid_samples", [n] int64) and
// writes every stage to another: what test_audiobox.py compares with the Python package. With "gradients"
// also those of sum("direction" * pooled layers) by every parameter ("direction", [n, layers + 1, dim]).
//   wavlm_probe WEIGHTS IN OUT module|gradients THREADS
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "qamro/encoders/wavlm/state_dict.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"

namespace {

namespace wavlm = qamro::encoders::wavlm;
using qamro::io::StateDict;

StateDict load_weights(const std::string& path) {
  StateDict state = path.ends_with(".safetensors") ? qamro::io::load_safetensors(path)
                                                   : qamro::io::load_state_dict(path, "state_dict");
  if (state.begin()->first.starts_with("model.")) state = qamro::io::take_prefix(state, "model.");
  return qamro::io::take_prefix(state, "wavlm_model.");
}

StateDict named(const wavlm::WavLmOutput& output) {
  StateDict tensors = {{"convolved", output.convolved},
                       {"projected", output.projected},
                       {"pooled", wavlm::pool_layers(output)}};
  for (std::size_t i = 0; i < output.layers.size(); ++i)
    tensors.emplace(fmt::format("layer{}", i), output.layers[i]);
  return tensors;
}

StateDict run(const std::string& weights, const StateDict& input, bool gradients) {
  const auto module = wavlm::module_from_state_dict(load_weights(weights), weights);
  const at::Tensor valid = input.at("valid_samples");
  const std::vector<std::int64_t> lengths(valid.const_data_ptr<std::int64_t>(),
                                          valid.const_data_ptr<std::int64_t>() + valid.numel());
  const at::AutoGradMode mode(gradients);
  StateDict tensors = named(module->forward(input.at("windows"), lengths));
  if (gradients) {
    (tensors.at("pooled") * input.at("direction")).sum().backward();
    for (const auto& item : module->named_parameters())
      if (item.value().grad().defined()) tensors.emplace("grad." + item.key(), item.value().grad());
  }
  for (auto& [name, tensor] : tensors) tensor = tensor.detach().contiguous();
  return tensors;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: wavlm_probe WEIGHTS IN OUT module|gradients THREADS\n";
    return 2;
  }
  try {
    at::set_num_threads(std::atoi(argv[5]));
    const std::string mode = argv[4];
    qamro::io::save_safetensors(argv[3],
                                run(argv[1], qamro::io::load_safetensors(argv[2]), mode == "gradients"));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
