#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qamro::training {

enum class LossKind { kHuber, kMse, kL1, kRanking };
// What the loss sees: labels as the network is trained on them (standardised, where the recipe says so), or
// on the output scale. Only the ranking loss with a fixed margin and Huber's delta notice more than a factor.
enum class LossScale { kTraining, kOutput };
enum class OptimizerKind { kSgd, kAdamW };
enum class Schedule { kConstant, kCosine };
// What early stopping watches on the validation part; the correlations are means over axes, larger is better.
enum class Monitor { kLoss, kMse, kLcc, kSrcc, kKtau };

// One [[loss]]; all are summed with their weights, and over axes.
struct LossOptions {
  LossKind kind = LossKind::kHuber;
  double weight = 1.0;
  LossScale scale = LossScale::kTraining;
  double delta = 1.0;              // huber
  double margin = 0.0;             // ranking, Eq. 1
  double margin_scale = 0.2;       // ranking, Eq. 2's α
  double preference_factor = 7.0;  // ranking, Eq. 3; 1 switches the quality weighting off

  bool operator==(const LossOptions&) const = default;
};

// [optimizer]
struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kAdamW;
  double learning_rate = 1e-3;
  double weight_decay = 0.0;
  double momentum = 0.0;                    // sgd
  Schedule schedule = Schedule::kConstant;  // cosine falls to 0 at max_epochs
  std::int64_t warmup_epochs = 0;           // linear, before the schedule

  // The rate of an epoch (first epoch 1).
  double learning_rate_at(std::int64_t epoch, std::int64_t max_epochs) const;
  bool operator==(const OptimizerOptions&) const = default;
};

// [training] without seeds.
struct TrainerOptions {
  std::vector<LossOptions> losses = {{}};
  OptimizerOptions optimizer;
  std::int64_t batch_size = 0;  // 0: all clips at once
  std::int64_t max_epochs = 100;
  std::int64_t patience =
      0;  // epochs without a better monitor; 0: always max_epochs, the last weights are kept
  Monitor monitor = Monitor::kLoss;
  // The last state is written to disk at most this often (0: after every epoch), and at the end.
  double checkpoint_interval_seconds = 10.0;

  // Throws InvalidInput naming the key.
  void validate() const;
  bool operator==(const TrainerOptions&) const = default;
};

// Names as in a recipe ("huber", "adamw", "srcc" …).
std::string_view name_of(LossKind kind);
std::string_view name_of(LossScale scale);
std::string_view name_of(OptimizerKind kind);
std::string_view name_of(Schedule schedule);
std::string_view name_of(Monitor monitor);

}  // namespace qamro::training
