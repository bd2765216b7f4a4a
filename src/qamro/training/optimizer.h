#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "qamro/io/state_dict.h"
#include "qamro/training/run_model.h"
#include "qamro/training/trainer_options.h"

namespace torch::optim {
class Optimizer;
}

namespace qamro::training {

// torch's SGD or AdamW over a model's parameters, with a separate learning rate per parameter if the options
// ask for it.
class ModelOptimizer {
 public:
  // Parameters that options.parameter_groups freezes stop taking gradients. Throws InvalidInput for a pattern
  // that matches no parameter's name, and if nothing is left to train.
  ModelOptimizer(const OptimizerOptions& options, const TrainableModel& model);
  ~ModelOptimizer();

  void set_learning_rate(double rate);  // for parameters with scale 1
  void zero_grad();
  // Clips the gradients to options.clip_norm and moves the parameters. Returns the gradient norm
  // before clipping.
  double step();

  // The moments, named "<parameter>.<name>".
  io::StateDict state() const;
  // Throws CheckpointError if a tensor is missing.
  void load_state(const io::StateDict& state);

  const io::StateDict& parameters() const { return parameters_; }  // only those that are trained

 private:
  OptimizerOptions options_;
  io::StateDict parameters_;
  std::vector<double> scales_;  // one per torch parameter group
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

// The factor on a parameter's learning rate: the scale of the last entry of options.parameter_groups that
// matches its name, times layer_decay to the power of its depth. 0 means frozen.
double learning_rate_scale(const OptimizerOptions& options, const std::string& parameter, std::int64_t depth);

}  // namespace qamro::training
