#include "qamro/training/optimizer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "qamro/core/error.h"
#include "qamro/data/regular_expression.h"

namespace qamro::training {
namespace {

using torch::optim::AdamWParamState;
using torch::optim::OptimizerParamGroup;
using torch::optim::SGDParamState;

bool matches(const ParameterGroup& group, const std::string& parameter) {
  return data::RegularExpression("optimizer.parameter_groups.name", group.name).is_found_in(parameter);
}

void check_patterns(const OptimizerOptions& options, const io::StateDict& parameters) {
  for (const ParameterGroup& group : options.parameter_groups)
    if (std::none_of(parameters.begin(), parameters.end(),
                     [&](const auto& entry) { return matches(group, entry.first); }))
      throw InvalidInput(fmt::format(
          "optimizer.parameter_groups: no parameter's name matches '{}'; the first is '{}', the last '{}'",
          group.name, parameters.begin()->first, parameters.rbegin()->first));
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const OptimizerOptions& options,
                                                        std::vector<OptimizerParamGroup> groups) {
  if (options.kind == OptimizerKind::kSgd)
    return std::make_unique<torch::optim::SGD>(std::move(groups),
                                               torch::optim::SGDOptions(options.learning_rate)
                                                   .momentum(options.momentum)
                                                   .weight_decay(options.weight_decay));
  return std::make_unique<torch::optim::AdamW>(
      std::move(groups),
      torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay));
}

const at::Tensor& require(const io::StateDict& state, const std::string& name) {
  const auto found = state.find(name);
  if (found == state.end()) throw CheckpointError(fmt::format("checkpoint: tensor '{}' is missing", name));
  return found->second;
}

}  // namespace

double learning_rate_scale(const OptimizerOptions& options, const std::string& parameter,
                           std::int64_t depth) {
  double scale = 1.0;
  for (const ParameterGroup& group : options.parameter_groups)
    if (matches(group, parameter)) scale = group.learning_rate_scale;
  return scale * std::pow(options.layer_decay, static_cast<double>(depth));
}

ModelOptimizer::ModelOptimizer(const OptimizerOptions& options, const TrainableModel& model)
    : options_(options) {
  const io::StateDict all = model.named_parameters();
  check_patterns(options, all);
  std::map<double, std::vector<at::Tensor>> by_scale;
  for (const auto& [name, parameter] : all) {
    const double scale = learning_rate_scale(options, name, model.depth_of(name));
    parameter.set_requires_grad(scale > 0.0);
    if (scale == 0.0) continue;
    parameters_.emplace(name, parameter);
    by_scale[scale].push_back(parameter);
  }
  if (parameters_.empty())
    throw InvalidInput("optimizer.parameter_groups: every parameter is frozen, nothing is left to train");
  std::vector<OptimizerParamGroup> groups;
  for (auto& [scale, parameters] : by_scale) {
    scales_.push_back(scale);
    groups.emplace_back(std::move(parameters));
  }
  optimizer_ = make_optimizer(options, std::move(groups));
}

ModelOptimizer::~ModelOptimizer() = default;

void ModelOptimizer::set_learning_rate(double rate) {
  auto& groups = optimizer_->param_groups();
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].options().set_lr(rate * scales_[i]);
}

void ModelOptimizer::zero_grad() {
  optimizer_->zero_grad();
}

double ModelOptimizer::step() {
  std::vector<at::Tensor> parameters;
  for (const auto& [name, parameter] : parameters_) parameters.push_back(parameter);
  const double limit =
      options_.clip_norm > 0.0 ? options_.clip_norm : std::numeric_limits<double>::infinity();
  const double norm = torch::nn::utils::clip_grad_norm_(parameters, limit);
  optimizer_->step();
  return norm;
}

io::StateDict ModelOptimizer::state() const {
  io::StateDict copy;
  for (const auto& [name, parameter] : parameters_) {
    const auto found = optimizer_->state().find(parameter.unsafeGetTensorImpl());
    if (found == optimizer_->state().end()) continue;
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

void ModelOptimizer::load_state(const io::StateDict& state) {
  optimizer_->state().clear();
  for (const auto& [name, parameter] : parameters_) {
    void* key = parameter.unsafeGetTensorImpl();
    if (state.contains(name + ".step")) {
      auto adam = std::make_unique<AdamWParamState>();
      adam->step(require(state, name + ".step").item<std::int64_t>());
      adam->exp_avg(require(state, name + ".exp_avg").clone());
      adam->exp_avg_sq(require(state, name + ".exp_avg_sq").clone());
      optimizer_->state()[key] = std::move(adam);
    } else if (const auto found = state.find(name + ".momentum_buffer"); found != state.end()) {
      auto sgd = std::make_unique<SGDParamState>();
      sgd->momentum_buffer(found->second.clone());
      optimizer_->state()[key] = std::move(sgd);
    }
  }
}

}  // namespace qamro::training
