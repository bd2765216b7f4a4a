#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "qamro/core/error.h"
#include "qamro/statistics/paired_permutation.h"
#include "qamro/training/recipe.h"

namespace qamro::training {
namespace {

void check_scale(const char* key, const std::array<double, 2>& scale) {
  if (!(scale[0] < scale[1]))
    throw InvalidInput(
        fmt::format("data.{}: expected [lowest, highest], got [{}, {}]", key, scale[0], scale[1]));
}

void check_distinct(const std::vector<std::int64_t>& seeds) {
  if (seeds.empty()) throw InvalidInput("training.seeds: expected at least one, got none");
  if (std::set<std::int64_t>(seeds.begin(), seeds.end()).size() != seeds.size())
    throw InvalidInput("training.seeds: expected different seeds, got one twice");
}

void check_clap(const Recipe& recipe) {
  const bool is_clap = recipe.model.head_kind == HeadKind::kClap;
  if (is_clap && recipe.data.axes != std::vector<std::string>{"MI", "TA"})
    throw InvalidInput(fmt::format("data.axes: expected [\"MI\", \"TA\"] with head_kind = \"clap\", got [{}]",
                                   fmt::join(recipe.data.axes, ", ")));
  const std::string& policy = recipe.model.audio_policy;
  if (!policy.empty() && (!is_clap || (policy != "correct" && policy != "published")))
    throw InvalidInput(fmt::format(
        "model.audio_policy: expected \"correct\" or \"published\" with head_kind = \"clap\", got \"{}\" with \"{}\"",
        policy, name_of(recipe.model.head_kind)));
  const bool needs_prompts = is_clap && !recipe.data.audio.empty();
  if (needs_prompts == recipe.data.prompts.empty())
    throw InvalidInput(
        needs_prompts
            ? "data.prompts: expected files of prompts with data.audio and head_kind = \"clap\", got none"
            : "data.prompts: expected data.audio and head_kind = \"clap\" (embeddings hold their prompts)");
}

// Checks where the clips come from.
void check_source(const Recipe& recipe) {
  const DataSection& data = recipe.data;
  if (data.embeddings.empty() == data.audio.empty())
    throw InvalidInput(fmt::format(
        "data.embeddings: expected either a safetensors file (train heads) or data.audio, a folder (train the encoder too), got {}",
        data.audio.empty() ? "neither" : "both"));
  if (!data.audio.empty() && recipe.model.fallback_column)
    throw InvalidInput("model.fallback_column: expected data.embeddings, got data.audio");
  if (data.audio.empty() && (data.crop != Crop::kAll || recipe.model.normalise_rms))
    throw InvalidInput(
        "data.crop and model.normalise_rms: expected data.audio, got data.embeddings, which are already computed");
  const bool has_one_member = !data.audio.empty() || recipe.model.head_kind != HeadKind::kMlp;
  if (has_one_member && recipe.members() != 1)
    throw InvalidInput(fmt::format("model.ensemble: {} makes a model of one set of heads: expected 1, got {}",
                                   data.audio.empty()
                                       ? fmt::format("head_kind = \"{}\"", name_of(recipe.model.head_kind))
                                       : "an encoder that is trained",
                                   recipe.members()));
  check_clap(recipe);
}

// Checks that there is one label file per side of the split, or one file for all.
void check_lists(const Recipe& recipe) {
  const bool has_lists = !recipe.data.validation_labels.empty() || !recipe.data.test_labels.empty();
  const bool is_by_list = recipe.split.kind == SplitKind::kLists;
  if (is_by_list && recipe.data.test_labels.empty())
    throw InvalidInput("data.test_labels: expected a file of labels for split.kind = \"lists\", got nothing");
  if (has_lists && !is_by_list)
    throw InvalidInput(fmt::format(
        "split.kind: expected \"lists\" with data.validation_labels or data.test_labels, got \"{}\"",
        name_of(recipe.split.kind)));
}

bool has_validation(const Recipe& recipe) {
  return recipe.split.validation_fraction > 0.0 || recipe.split.kind == SplitKind::kFile ||
         !recipe.data.validation_labels.empty();
}

void check_losses(const Recipe& recipe) {
  for (const LossOptions& loss : recipe.trainer.losses) {
    if (loss.pairs != losses::PairScope::kAll && recipe.data.group_column.empty())
      throw InvalidInput(fmt::format("loss.ranking.pairs = \"{}\": expected data.group_column, got none",
                                     name_of(loss.pairs)));
    if (loss.quality == QualitySource::kAxes &&
        recipe.data.axes != std::vector<std::string>{"PQ", "PC", "CE", "CU"})
      throw InvalidInput(
          fmt::format("loss.ranking.quality = \"axes\": expected data.axes = PQ, PC, CE, CU, got {}",
                      fmt::join(recipe.data.axes, ", ")));
    const bool needs_gains = loss.kind == LossKind::kLambdaRank && loss.target == losses::SwapMetric::kNdcg;
    if (needs_gains && loss.scale == LossScale::kTraining && recipe.data.standardise_labels)
      throw InvalidInput(
          "loss.lambdarank.target = \"ndcg\": standardised labels have no gain: it needs scale = \"output\"");
  }
}

}  // namespace

void Recipe::validate() const {
  check_source(*this);
  if (data.labels.empty()) throw InvalidInput("data.labels: expected a file of labels, got nothing");
  if (data.axes.empty()) throw InvalidInput("data.axes: expected at least one label column, got none");
  if (data.label_columns.size() != data.axes.size())
    throw InvalidInput(fmt::format("data.label_columns: expected one for each of the {} axes, got {}",
                                   data.axes.size(), data.label_columns.size()));
  check_scale("label_scale", data.label_scale);
  check_scale("output_scale", data.output_scale);
  check_lists(*this);
  split.validate();
  heads::MlpHeadOptions head = model.head;
  head.input_dim = 1;  // placeholder; known once the embeddings are read
  head.validate();
  model.aesthetics.validate();
  trainer.validate();
  check_losses(*this);
  check_distinct(seeds);
  if (model.ensemble < 0 || model.ensemble > std::ssize(seeds))
    throw InvalidInput(fmt::format("model.ensemble: expected at most the number of seeds ({}), got {}",
                                   seeds.size(), model.ensemble));
  if (!(model.familiar_quantile > 0.0 && model.familiar_quantile <= 1.0))
    throw InvalidInput(
        fmt::format("model.familiar_quantile: expected a number in (0, 1], got {}", model.familiar_quantile));
  if (threads < 0)
    throw InvalidInput(fmt::format("training.threads: expected a number >= 0, got {}", threads));
  if (trainer.patience > 0 && !has_validation(*this))
    throw InvalidInput(
        "training.patience: early stopping needs split.validation_fraction > 0, or patience = 0");
  if (ablate.bootstrap_resamples < 1)
    throw InvalidInput(fmt::format("ablate.bootstrap_resamples: expected a number >= 1, got {}",
                                   ablate.bootstrap_resamples));
  statistics::check_permutations(ablate.permutations);
}

}  // namespace qamro::training
