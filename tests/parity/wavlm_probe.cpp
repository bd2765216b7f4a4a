// Runs WavLM on windows from a safetensors file ("windows", [n, samples]; "valid_samples", [n] int64) and
// writes every stage to another, which test_audiobox.py compares with the Python package. "gradients" also
// writes the gradients of sum("direction" * pooled layers) by every parameter ("direction", [n, layers + 1,
// dim]). "packed" modes run the fast network window by window and fill a window's missing frames with 0.
//   wavlm_probe WEIGHTS IN OUT module|gradients|packed|packed-bf16|packed-int8 THREADS
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/encoders/wavlm/packed.h"
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

std::vector<std::int64_t> lengths_of(const StateDict& input) {
  const at::Tensor valid = input.at("valid_samples");
  return {valid.const_data_ptr<std::int64_t>(), valid.const_data_ptr<std::int64_t>() + valid.numel()};
}

// Joins the stages of all windows in one batch.
StateDict run_packed(const std::string& weights, const StateDict& input, qamro::nn::Precision precision) {
  const wavlm::PackedWavLm network(*wavlm::module_from_state_dict(load_weights(weights), weights), precision);
  const std::vector<std::int64_t> lengths = lengths_of(input);
  const std::int64_t frames = network.config().valid_frames(std::ranges::max(lengths));
  StateDict all;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    wavlm::WavLmOutput stages;
    const at::Tensor window = input.at("windows")[static_cast<std::int64_t>(i)].narrow(0, 0, lengths[i]);
    const at::Tensor pooled = network.pooled_layers(window, stages);
    StateDict tensors = named(stages);
    tensors.insert_or_assign("pooled", pooled.unsqueeze(0));
    for (const auto& [name, tensor] : tensors) {
      const at::Tensor padded =
          name == "pooled" ? tensor : at::constant_pad_nd(tensor, {0, 0, 0, frames - tensor.size(1)});
      at::Tensor& rows = all[name];
      rows = rows.defined() ? at::cat({rows, padded}) : padded;
    }
  }
  return all;
}

StateDict run(const std::string& weights, const StateDict& input, bool gradients) {
  const auto module = wavlm::module_from_state_dict(load_weights(weights), weights);
  const std::vector<std::int64_t> lengths = lengths_of(input);
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

std::optional<qamro::nn::Precision> precision_of(const std::string& mode) {
  if (mode == "packed") return qamro::nn::Precision::fp32;
  if (mode == "packed-bf16") return qamro::nn::Precision::bf16;
  if (mode == "packed-int8") return qamro::nn::Precision::int8;
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr
        << "usage: wavlm_probe WEIGHTS IN OUT module|gradients|packed|packed-bf16|packed-int8 THREADS\n";
    return 2;
  }
  try {
    at::set_num_threads(std::atoi(argv[5]));
    const std::string mode = argv[4];
    const StateDict input = qamro::io::load_safetensors(argv[2]);
    const auto precision = precision_of(mode);
    qamro::io::save_safetensors(argv[3], precision ? run_packed(argv[1], input, *precision)
                                                   : run(argv[1], input, mode == "gradients"));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
