#include <fmt/format.h>

#include <algorithm>

#include "qamro/core/error.h"
#include "qamro/training/recipe.h"

namespace qamro::training {
namespace {

bool is_ranking(const LossOptions& loss) {
  return loss.kind == LossKind::kRanking;
}

std::vector<LossOptions> regression_losses(const Recipe& recipe) {
  std::vector<LossOptions> losses;
  std::copy_if(recipe.trainer.losses.begin(), recipe.trainer.losses.end(), std::back_inserter(losses),
               [](const LossOptions& loss) { return !is_ranking_loss(loss.kind); });
  if (losses.empty())
    throw InvalidInput(
        "ablate: the default rows need a regression loss in the recipe; add one or name the variants");
  return losses;
}

LossOptions ranking_loss(const Recipe& recipe) {
  const auto found = std::find_if(recipe.trainer.losses.begin(), recipe.trainer.losses.end(), is_ranking);
  if (found == recipe.trainer.losses.end())
    throw InvalidInput("ablate: the default rows need a [[loss]] of kind \"ranking\" in the recipe");
  return *found;
}

}  // namespace

std::vector<AblationVariant> ablation_variants(const Recipe& recipe) {
  std::vector<AblationVariant> variants = recipe.ablate.variants;
  if (!variants.empty() && recipe.ablate.preference_factors.empty()) return variants;
  const std::vector<LossOptions> regression = regression_losses(recipe);
  const LossOptions qamro = ranking_loss(recipe);
  const auto with = [&](std::string name, const LossOptions& ranking) {
    std::vector<LossOptions> losses = regression;
    losses.push_back(ranking);
    variants.push_back({std::move(name), std::move(losses)});
  };
  if (variants.empty()) {
    variants.push_back({"regression only", regression});
    LossOptions fixed = qamro;
    fixed.margin = recipe.ablate.fixed_margin;
    fixed.margin_scale = 0.0;
    fixed.preference_factor = 1.0;
    with("+ fixed margin (Eq. 1)", fixed);
    LossOptions adaptive = qamro;
    adaptive.preference_factor = 1.0;
    with("+ adaptive margin (Eq. 2)", adaptive);
    with("+ quality weighting = QAMRO (Eq. 3)", qamro);
  }
  for (const double factor : recipe.ablate.preference_factors) {
    LossOptions ranking = qamro;
    ranking.preference_factor = factor;
    with(fmt::format("preference factor {}", factor), ranking);
    variants.back().preference_factor = factor;
  }
  return variants;
}

}  // namespace qamro::training
