#pragma once

#include <cmath>
#include <cstdint>

#include "qamro/core/enum_names.h"
#include "qamro/losses/lambda_rank.h"
#include "qamro/losses/listmle.h"
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

}  // namespace qamro::training
