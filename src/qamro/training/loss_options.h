#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/losses/lambda_rank.h"
#include "qamro/losses/listmle.h"
#include "qamro/losses/ranking_options.h"

namespace qamro::training {

enum class LossKind { kHuber, kMse, kL1, kRanking, kListNet, kListMle, kRankNet, kLambdaRank, kSpearman };
inline constexpr std::array kLossKinds = {LossKind::kHuber,   LossKind::kMse,        LossKind::kL1,
                                          LossKind::kRanking, LossKind::kListNet,    LossKind::kListMle,
                                          LossKind::kRankNet, LossKind::kLambdaRank, LossKind::kSpearman};

// The scale of the labels in the loss: as the network is trained on them (standardised if the recipe says
// so), or the output scale. It decides what a margin, a delta, a temperature or a steepness means.
enum class LossScale { kTraining, kOutput };

// What the ranking loss measures the quality of its labels against (Eq. 3): the batch's lowest and highest
// label (the paper), the ends of data.output_scale, or a published track 2 table: one table for all axes, or
// one for each (data.axes are PQ, PC, CE, CU).
enum class QualitySource { kBatch, kScale, kPq, kPc, kCe, kCu, kAxes };

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

// Names as in a recipe ("huber", "training", "uniform" …).
std::string_view name_of(LossKind kind);
std::string_view name_of(LossScale scale);
std::string_view name_of(QualitySource quality);
std::string_view name_of(losses::PairScope scope);
std::string_view name_of(losses::PositionWeights weights);
std::string_view name_of(losses::SwapMetric metric);
std::string_view name_of(losses::Gain gain);

// Calls visit(key, value) for every key of the loss' kind except `kind`, in the order of a recipe. `Loss` is
// LossOptions, const or not.
template <typename Loss, typename Visit>
void visit_loss_keys(Loss& loss, Visit&& visit) {
  visit("weight", loss.weight);
  visit("scale", loss.scale);
  if (loss.kind == LossKind::kHuber) visit("delta", loss.delta);
  if (loss.kind == LossKind::kRanking) {
    visit("margin", loss.margin);
    visit("margin_scale", loss.margin_scale);
    visit("preference_factor", loss.preference_factor);
    visit("quality", loss.quality);
    visit("pairs", loss.pairs);
  }
  if (loss.kind == LossKind::kListNet) visit("temperature", loss.temperature);
  if (loss.kind == LossKind::kListMle) visit("position_weights", loss.position_weights);
  if (loss.kind == LossKind::kRankNet || loss.kind == LossKind::kLambdaRank) visit("sigma", loss.sigma);
  if (loss.kind == LossKind::kLambdaRank) {
    visit("target", loss.target);
    visit("gain", loss.gain);
    visit("truncation", loss.truncation);
  }
  if (loss.kind == LossKind::kSpearman) visit("regularization_strength", loss.regularization_strength);
}

}  // namespace qamro::training
