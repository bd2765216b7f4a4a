#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/data/batch_sampler.h"
#include "qamro/losses/listwise.h"
#include "qamro/losses/ranking_options.h"

namespace qamro::training {

inline bool not_negative(double value) {
  return std::isfinite(value) && value >= 0.0;
}

inline bool positive(double value) {
  return std::isfinite(value) && value > 0.0;
}

}  // namespace qamro::training

namespace qamro::losses {

// Names as in a recipe, which cannot give position weights of its own.
constexpr auto enum_names(PairScope) {
  return names_table<PairScope>(
      {{PairScope::kAll, "all"}, {PairScope::kWithinGroups, "within"}, {PairScope::kAcrossGroups, "across"}});
}
constexpr auto enum_names(PositionWeights) {
  return names_table<PositionWeights>(
      {{PositionWeights::kUniform, "uniform"}, {PositionWeights::kExponential, "exponential"}});
}
constexpr auto enum_names(SwapMetric) {
  return names_table<SwapMetric>({{SwapMetric::kNdcg, "ndcg"}, {SwapMetric::kSpearman, "spearman"}});
}
constexpr auto enum_names(Gain) {
  return names_table<Gain>({{Gain::kExponential, "exponential"}, {Gain::kLinear, "linear"}});
}

}  // namespace qamro::losses

namespace qamro::training {

enum class LossKind { kHuber, kMse, kL1, kRanking, kListNet, kListMle, kRankNet, kLambdaRank, kSpearman };
constexpr auto enum_names(LossKind) {
  return names_table<LossKind>({{LossKind::kHuber, "huber"},
                                {LossKind::kMse, "mse"},
                                {LossKind::kL1, "l1"},
                                {LossKind::kRanking, "ranking"},
                                {LossKind::kListNet, "listnet"},
                                {LossKind::kListMle, "listmle"},
                                {LossKind::kRankNet, "ranknet"},
                                {LossKind::kLambdaRank, "lambdarank"},
                                {LossKind::kSpearman, "spearman"}});
}

// The scale of the labels in the loss: as the network is trained on them (standardised if the recipe says
// so), or the output scale. It decides what a margin, a delta, a temperature or a steepness means.
enum class LossScale { kTraining, kOutput };
constexpr auto enum_names(LossScale) {
  return names_table<LossScale>({{LossScale::kTraining, "training"}, {LossScale::kOutput, "output"}});
}

// What the ranking loss measures the quality of its labels against (Eq. 3): the batch's lowest and highest
// label (the paper), the ends of data.output_scale, or a published track 2 table: one table for all axes, or
// one for each (data.axes are PQ, PC, CE, CU).
enum class QualitySource { kBatch, kScale, kPq, kPc, kCe, kCu, kAxes };
constexpr auto enum_names(QualitySource) {
  return names_table<QualitySource>({{QualitySource::kBatch, "batch"},
                                     {QualitySource::kScale, "scale"},
                                     {QualitySource::kPq, "PQ"},
                                     {QualitySource::kPc, "PC"},
                                     {QualitySource::kCe, "CE"},
                                     {QualitySource::kCu, "CU"},
                                     {QualitySource::kAxes, "axes"}});
}

// One [[loss]]. All are summed with their weights and over axes. Each kind reads only its own keys.
struct LossOptions {
  LossKind kind = LossKind::kHuber;
  double weight = 1.0;
  LossScale scale = LossScale::kTraining;
  double delta = 1.0;                                 // huber
  double margin = 0.0;                                // ranking, Eq. 1
  double margin_scale = 0.2;                          // ranking, α in Eq. 2
  double preference_factor = 7.0;                     // ranking, Eq. 3; 1: no quality weighting
  QualitySource quality = QualitySource::kBatch;      // ranking
  losses::PairScope pairs = losses::PairScope::kAll;  // ranking, by data.group_column
  double temperature = 1.0;                           // listnet
  losses::PositionWeights position_weights = losses::PositionWeights::kUniform;  // listmle
  double sigma = 1.0;                                                            // ranknet, lambdarank
  losses::SwapMetric target = losses::SwapMetric::kNdcg;                         // lambdarank
  losses::Gain gain = losses::Gain::kExponential;                                // lambdarank with ndcg
  std::int64_t truncation = 0;           // lambdarank with ndcg; 0: all ranks
  double regularization_strength = 1.0;  // spearman

  // Throws InvalidInput that names the key, "loss.<kind>.<key>".
  void validate() const;
  bool operator==(const LossOptions&) const = default;
};

// Whether the loss looks at the order of a batch rather than at each clip alone.
bool is_ranking_loss(LossKind kind);

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
