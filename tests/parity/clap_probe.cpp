// Runs CLAP's encoders on the contents of a safetensors file and writes every stage to another, which
// test_clap.py compares with the Python package.
//   clap_probe WEIGHTS IN OUT audio|fp32|bf16|int8|text|texts [gradients]
// "audio", or the precision of the packed inference network, reads "windows", [n, 480000]. "text", or "texts"
// for inference with one text at a time, reads "ids", the tokens of all texts joined, and "lengths", [n].
// With "gradients" it also writes the gradients of sum("direction" * last stage) by every parameter.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "qamro/encoders/htsat/module.h"
#include "qamro/encoders/htsat/packed.h"
#include "qamro/encoders/roberta/module.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"
#include "qamro/models/compute.h"

namespace {

namespace htsat = qamro::encoders::htsat;
namespace roberta = qamro::encoders::roberta;
using qamro::io::StateDict;

StateDict load_weights(const std::string& path) {
  const StateDict state = qamro::io::load_state_dict(path);
  return qamro::io::take_prefix(state, "module.");
}

StateDict audio_stages(const htsat::HtsatOutput& output) {
  StateDict tensors = {{"log_mel", output.log_mel},
                       {"image", output.image},
                       {"patches", output.patches},
                       {"embedding", output.embedding}};
  for (std::size_t i = 0; i < output.stages.size(); ++i)
    tensors.emplace(fmt::format("stage{}", i), output.stages[i]);
  return tensors;
}

// Concatenates the stages of all parts.
StateDict join(const std::map<std::string, std::vector<at::Tensor>>& parts) {
  StateDict tensors;
  for (const auto& [name, of_parts] : parts) tensors.emplace(name, at::cat(of_parts));
  return tensors;
}

// Runs the packed inference network on the windows, one by one.
StateDict packed_stages(const std::shared_ptr<const htsat::HtsatModule>& module, const StateDict& input,
                        const std::string& precision) {
  const htsat::PackedHtsat packed(module, qamro::models::parse_precision(precision));
  std::map<std::string, std::vector<at::Tensor>> parts;
  for (const at::Tensor& window : input.at("windows").split(1))
    for (const auto& [name, tensor] : audio_stages(packed.forward(window))) parts[name].push_back(tensor);
  return join(parts);
}

StateDict text_stages(const roberta::RobertaOutput& output) {
  StateDict tensors = {{"pooled", output.pooled}};
  for (std::size_t i = 0; i < output.layers.size(); ++i)
    tensors.emplace(fmt::format("layer{}", i), output.layers[i]);
  return tensors;
}

std::vector<std::int64_t> lengths_of(const StateDict& input) {
  const at::Tensor lengths = input.at("lengths");
  const auto* data = lengths.const_data_ptr<std::int64_t>();
  return {data, data + lengths.numel()};
}

// Runs inference on the texts, one by one.
StateDict texts_stages(const std::shared_ptr<const roberta::RobertaModule>& module, const StateDict& input) {
  const roberta::InferenceRoberta inference(module);
  std::map<std::string, std::vector<at::Tensor>> parts;
  const auto* ids = input.at("ids").const_data_ptr<std::int64_t>();
  for (const std::int64_t length : lengths_of(input)) {
    const auto output = inference.forward({ids, static_cast<std::size_t>(length)});
    for (const auto& [name, tensor] : text_stages(output)) parts[name].push_back(tensor);
    ids += length;
  }
  return join(parts);
}

void add_gradients(StateDict& tensors, const torch::nn::Module& module, const at::Tensor& last,
                   const at::Tensor& direction) {
  (last * direction).sum().backward();
  for (const auto& item : module.named_parameters())
    if (item.value().grad().defined()) tensors.emplace("grad." + item.key(), item.value().grad());
}

StateDict run(const std::string& weights, const StateDict& input, const std::string& what, bool gradients) {
  const StateDict state = load_weights(weights);
  const at::AutoGradMode mode(gradients);
  StateDict tensors;
  if (!what.starts_with("text")) {
    const auto module =
        htsat::module_from_state_dict(qamro::io::take_prefix(state, "audio_branch."), weights);
    tensors = what == "audio" ? audio_stages(module->forward(input.at("windows")))
                              : packed_stages(module, input, what);
    if (gradients) add_gradients(tensors, *module, tensors.at("embedding"), input.at("direction"));
  } else {
    const auto module =
        roberta::module_from_state_dict(qamro::io::take_prefix(state, "text_branch."), weights);
    tensors = what == "text" ? text_stages(module->forward({input.at("ids"), lengths_of(input)}))
                             : texts_stages(module, input);
    if (gradients) add_gradients(tensors, *module, tensors.at("pooled"), input.at("direction"));
  }
  for (auto& [name, tensor] : tensors) tensor = tensor.detach().contiguous();
  return tensors;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 4 || arguments.size() > 5) {
    std::cerr << "usage: clap_probe WEIGHTS IN OUT audio|fp32|bf16|int8|text|texts [gradients]\n";
    return 2;
  }
  try {
    const StateDict input = qamro::io::load_safetensors(arguments[1]);
    qamro::io::save_safetensors(arguments[2], run(arguments[0], input, arguments[3], arguments.size() == 5),
                                {});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
