#include "qamro/training/checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <charconv>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/io/safetensors.h"

namespace qamro::training {
namespace {

using torch::optim::AdamWParamState;
using torch::optim::SGDParamState;

constexpr std::string_view kWeights = "weights.";
constexpr std::string_view kBest = "best.";
constexpr std::string_view kOptimizer = "optimizer.";

void add_prefixed(io::StateDict& all, std::string_view prefix, const io::StateDict& part) {
  for (const auto& [name, tensor] : part) all.emplace(fmt::format("{}{}", prefix, name), tensor);
}

const at::Tensor& require(const io::StateDict& state, const std::string& name) {
  const auto found = state.find(name);
  if (found == state.end()) throw CheckpointError(fmt::format("checkpoint: tensor '{}' is missing", name));
  return found->second;
}

template <typename Number>
Number parse(const std::map<std::string, std::string>& metadata, const std::string& key,
             const std::string& file) {
  const auto found = metadata.find(key);
  Number number{};
  if (found != metadata.end()) {
    const std::string& text = found->second;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure == std::errc() && end == text.data() + text.size()) return number;
  }
  throw CheckpointError(
      fmt::format("{}: no training checkpoint: expected a number as '{}' in its metadata", file, key));
}

}  // namespace

io::StateDict copy_weights(const predictors::Heads& heads) {
  io::StateDict weights;
  for (const auto& [name, tensor] : heads.named_parameters()) weights.emplace(name, tensor.detach().clone());
  return weights;
}

void load_weights(predictors::Heads& heads, const io::StateDict& weights) {
  const at::NoGradGuard no_grad;
  const io::StateDict parameters = heads.named_parameters();
  if (parameters.size() != weights.size())
    throw CheckpointError(
        fmt::format("checkpoint: expected {} weight tensors, got {}", parameters.size(), weights.size()));
  for (const auto& [name, parameter] : parameters) {
    const at::Tensor& stored = require(weights, name);
    if (stored.sizes() != parameter.sizes())
      throw CheckpointError(fmt::format("checkpoint: tensor '{}': expected shape [{}], got [{}]", name,
                                        fmt::join(parameter.sizes(), ", "), fmt::join(stored.sizes(), ", ")));
    parameter.copy_(stored);
  }
}

io::StateDict copy_optimizer_state(const torch::optim::Optimizer& optimizer, const predictors::Heads& heads) {
  io::StateDict copy;
  for (const auto& [name, parameter] : heads.named_parameters()) {
    const auto found = optimizer.state().find(parameter.unsafeGetTensorImpl());
    if (found == optimizer.state().end()) continue;
    if (const auto* adam = dynamic_cast<const AdamWParamState*>(found->second.get())) {
      copy.emplace(name + ".exp_avg", adam->exp_avg().clone());
      copy.emplace(name + ".exp_avg_sq", adam->exp_avg_sq().clone());
      copy.emplace(name + ".step", at::scalar_tensor(adam->step(), at::kLong));
    } else if (const auto* sgd = dynamic_cast<const SGDParamState*>(found->second.get())) {
      if (sgd->momentum_buffer().defined())
        copy.emplace(name + ".momentum_buffer", sgd->momentum_buffer().clone());
    }
  }
  return copy;
}

void load_optimizer_state(torch::optim::Optimizer& optimizer, const predictors::Heads& heads,
                          const io::StateDict& state) {
  optimizer.state().clear();
  for (const auto& [name, parameter] : heads.named_parameters()) {
    void* key = parameter.unsafeGetTensorImpl();
    if (state.contains(name + ".step")) {
      auto adam = std::make_unique<AdamWParamState>();
      adam->step(require(state, name + ".step").item<std::int64_t>());
      adam->exp_avg(require(state, name + ".exp_avg").clone());
      adam->exp_avg_sq(require(state, name + ".exp_avg_sq").clone());
      optimizer.state()[key] = std::move(adam);
    } else if (const auto found = state.find(name + ".momentum_buffer"); found != state.end()) {
      auto sgd = std::make_unique<SGDParamState>();
      sgd->momentum_buffer(found->second.clone());
      optimizer.state()[key] = std::move(sgd);
    }
  }
}

void save_state(const std::filesystem::path& path, const TrainingState& state,
                const std::string& fingerprint) {
  io::StateDict tensors;
  add_prefixed(tensors, kWeights, state.weights);
  add_prefixed(tensors, kBest, state.best_weights);
  add_prefixed(tensors, kOptimizer, state.optimizer);
  std::map<std::string, std::string> metadata = {{"fingerprint", fingerprint},
                                                 {"epoch", std::to_string(state.epoch)},
                                                 {"best_epoch", std::to_string(state.best_epoch)}};
  if (state.best_value) metadata.emplace("best_value", fmt::format("{}", *state.best_value));
  io::save_safetensors(path, tensors, metadata);
}

TrainingState load_state(const std::filesystem::path& path, const std::string& fingerprint) {
  const std::string file = path.string();
  const auto metadata = io::read_safetensors_metadata(path);
  const auto found = metadata.find("fingerprint");
  if (found == metadata.end() || found->second != fingerprint)
    throw CheckpointError(fmt::format("{}: checkpoint of another recipe, data set, seed or fold", file));
  TrainingState state;
  state.epoch = parse<std::int64_t>(metadata, "epoch", file);
  state.best_epoch = parse<std::int64_t>(metadata, "best_epoch", file);
  if (metadata.contains("best_value")) state.best_value = parse<double>(metadata, "best_value", file);
  const io::StateDict tensors = io::load_safetensors(path);
  state.weights = io::take_prefix(tensors, kWeights);
  state.best_weights = io::take_prefix(tensors, kBest);
  state.optimizer = io::take_prefix(tensors, kOptimizer);
  return state;
}

}  // namespace qamro::training
