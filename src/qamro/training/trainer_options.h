#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/data/batch_sampler.h"
#include "qamro/training/loss_options.h"

namespace qamro::training {

enum class OptimizerKind { kSgd, kAdamW };
constexpr auto enum_names(OptimizerKind) {
  return names_table<OptimizerKind>({{OptimizerKind::kSgd, "sgd"}, {OptimizerKind::kAdamW, "adamw"}});
}
enum class Schedule { kConstant, kCosine };
constexpr auto enum_names(Schedule) {
  return names_table<Schedule>({{Schedule::kConstant, "constant"}, {Schedule::kCosine, "cosine"}});
}
// The quantity that early stopping watches on the validation part, over clips or systems' means. Metrics are
// means over axes. Higher is better for correlations, lower for the others.
enum class Monitor { kLoss, kMse, kLcc, kSrcc, kKtau, kSystemMse, kSystemLcc, kSystemSrcc, kSystemKtau };
constexpr auto enum_names(Monitor) {
  return names_table<Monitor>({{Monitor::kLoss, "loss"},
                               {Monitor::kMse, "mse"},
                               {Monitor::kLcc, "lcc"},
                               {Monitor::kSrcc, "srcc"},
                               {Monitor::kKtau, "ktau"},
                               {Monitor::kSystemMse, "system_mse"},
                               {Monitor::kSystemLcc, "system_lcc"},
                               {Monitor::kSystemSrcc, "system_srcc"},
                               {Monitor::kSystemKtau, "system_ktau"}});
}
// Precision of the model's forward and backward passes. Losses, parameters and optimiser stay in fp32.
enum class TrainingPrecision { kFp32, kBf16 };
constexpr auto enum_names(TrainingPrecision) {
  return names_table<TrainingPrecision>(
      {{TrainingPrecision::kFp32, "fp32"}, {TrainingPrecision::kBf16, "bf16"}});
}

// One [[optimizer.parameter_groups]]: parameters whose names match a regular expression (RE2, found anywhere
// in the name).
struct ParameterGroup {
  std::string name;
  double learning_rate_scale = 1.0;  // >= 0; 0 freezes

  bool operator==(const ParameterGroup&) const = default;
};

// [optimizer]
struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kAdamW;
  double learning_rate = 1e-3;
  double weight_decay = 0.0;
  double momentum = 0.0;                    // sgd
  Schedule schedule = Schedule::kConstant;  // cosine falls to 0 at max_epochs
  std::int64_t warmup_epochs = 0;           // linear, before the schedule
  double clip_norm = 0.0;                   // limit for the norm of all gradients together; 0: no clipping
  double layer_decay = 1.0;                 // rate of each block relative to the next one, (0, 1]
  std::vector<ParameterGroup> parameter_groups = {};  // the last match decides

  // The learning rate of an epoch, counted from 1.
  double learning_rate_at(std::int64_t epoch, std::int64_t max_epochs) const;
  bool operator==(const OptimizerOptions&) const = default;
};

// [training] without seeds.
struct TrainerOptions {
  std::vector<LossOptions> losses = {{}};
  OptimizerOptions optimizer;
  std::int64_t batch_size = 0;  // 0: all clips at once
  data::BatchSampler sampler = data::BatchSampler::kRandom;
  // Clips in memory at a time; the batch's gradients stay exact (gradient_cache.h). 0: all.
  std::int64_t micro_batch = 0;
  TrainingPrecision precision = TrainingPrecision::kFp32;
  std::int64_t max_epochs = 100;
  std::int64_t patience = 0;  // epochs without a better monitor; 0: never stop, keep the last weights
  Monitor monitor = Monitor::kLoss;
  // The last state is written to disk at most this often (0: after every epoch), and at the end.
  double checkpoint_interval_seconds = 10.0;

  // Throws InvalidInput that names the key.
  void validate() const;
  bool operator==(const TrainerOptions&) const = default;
};

}  // namespace qamro::training
