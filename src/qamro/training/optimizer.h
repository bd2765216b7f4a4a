#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "qamro/io/state_dict.h"
#include "qamro/training/trainable_model.h"
#include "qamro/training/trainer_options.h"

namespace torch::optim {
class Optimizer;
}

namespace qamro::training {

// torch's SGD or AdamW over a model's parameters, with a learning rate of its own for each where the options
// ask for that.
class ModelOptimizer {
 public:
  // Parameters that options.parameter_groups freeze stop taking gradients. Throws InvalidInput for a pattern
  // that no parameter's name matches, and where nothing is left to train.
  ModelOptimizer(const OptimizerOptions& options, const TrainableModel& model);
  ~ModelOptimizer();

  void set_learning_rate(double rate);  // of parameters with scale 1
  void zero_grad();
  // Clips the gradients to options.clip_norm and moves the parameters. Returns the gradients' norm before.
  double step();

  // The moments as "<parameter>.<name>".
  io::StateDict state() const;
  // Throws CheckpointError where a tensor is missing.
  void load_state(const io::StateDict& state);

  const io::StateDict& parameters() const { return parameters_; }  // those that are trained

 private:
  OptimizerOptions options_;
  io::StateDict parameters_;
  std::vector<double> scales_;  // of torch's parameter groups
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

// A parameter's share of the learning rate: the last of options.parameter_groups that matches its name, times
// layer_decay to the power of its depth. 0: frozen.
double learning_rate_scale(const OptimizerOptions& options, const std::string& parameter, std::int64_t depth);

}  // namespace qamro::training
