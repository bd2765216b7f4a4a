#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/statistics/paired_permutation.h"
#include "qamro/training/recipe.h"
#include "qamro/training/recipe_keys.h"

namespace qamro::training {
namespace {

// "section.key" of a member of the recipe ("loss.ranking.pairs" of a loss), as messages and --set name it.
class KeyNames {
 public:
  explicit KeyNames(const Recipe& recipe) {
    visit_sections(recipe, [&](std::string_view section, auto&& keys) {
      keys([&](std::string_view key, const auto& value) { add(fmt::format("{}.{}", section, key), value); });
    });
    for (const LossOptions& loss : recipe.trainer.losses)
      visit_keys(loss, [&](std::string_view key, const auto& value) {
        add(fmt::format("loss.{}.{}", name_of(loss.kind), key), value);
      });
  }

  const std::string& operator()(const auto& member) const {
    for (const auto& [address, name] : names_)
      if (address == &member) return name;
    throw std::logic_error("a check of recipes names a member that recipe_keys.h does not list");
  }

  // "head_kind = "clap"" with its section.
  template <NamedEnum Enum>
  std::string set_to(const Enum& member, Enum value) const {
    return fmt::format("{} = \"{}\"", (*this)(member), name_of(value));
  }

 private:
  template <typename T>
  void add(std::string name, const T& value) {
    names_.emplace_back(&value, std::move(name));
  }
  template <typename T>
  void add(std::string name, const FileKey<T>& key) {
    names_.emplace_back(&key.value, std::move(name));
  }
  template <typename T>
  void add(std::string name, const FollowingKey<T>& key) {
    names_.emplace_back(&key.value, std::move(name));
  }

  std::vector<std::pair<const void*, std::string>> names_;
};

void check_scale(const std::string& key, const std::array<double, 2>& scale) {
  if (!(scale[0] < scale[1]))
    throw InvalidInput(fmt::format("{}: expected [lowest, highest], got [{}, {}]", key, scale[0], scale[1]));
}

void check_seeds(const std::string& key, const std::vector<std::int64_t>& seeds) {
  if (seeds.empty()) throw InvalidInput(key + ": expected at least one, got none");
  if (std::set<std::int64_t>(seeds.begin(), seeds.end()).size() != seeds.size())
    throw InvalidInput(key + ": expected different seeds, got one twice");
}

void check_clap(const Recipe& recipe, const KeyNames& key) {
  const DataSection& data = recipe.data;
  const bool is_clap = recipe.model.head_kind == HeadKind::kClap;
  const std::string clap_heads = key.set_to(recipe.model.head_kind, HeadKind::kClap);
  if (is_clap && data.axes != std::vector<std::string>{"MI", "TA"})
    throw InvalidInput(fmt::format("{}: expected [\"MI\", \"TA\"] with {}, got [{}]", key(data.axes),
                                   clap_heads, fmt::join(data.axes, ", ")));
  const std::string& policy = recipe.model.audio_policy;
  if (!policy.empty() && (!is_clap || (policy != "correct" && policy != "published")))
    throw InvalidInput(
        fmt::format("{}: expected \"correct\" or \"published\" with {}, got \"{}\" with \"{}\"", key(policy),
                    clap_heads, policy, name_of(recipe.model.head_kind)));
  const bool needs_prompts = is_clap && !data.audio.empty();
  if (needs_prompts == data.prompts.empty())
    throw InvalidInput(needs_prompts ? fmt::format("{}: expected files of prompts with {} and {}, got none",
                                                   key(data.prompts), key(data.audio), clap_heads)
                                     : fmt::format("{}: expected {} and {} (embeddings hold their prompts)",
                                                   key(data.prompts), key(data.audio), clap_heads));
}

// Checks where the clips come from.
void check_source(const Recipe& recipe, const KeyNames& key) {
  const DataSection& data = recipe.data;
  const ModelSection& model = recipe.model;
  if (data.embeddings.empty() == data.audio.empty())
    throw InvalidInput(fmt::format(
        "{}: expected either a safetensors file (train heads) or {}, a folder (train the encoder too), got {}",
        key(data.embeddings), key(data.audio), data.audio.empty() ? "neither" : "both"));
  if (!data.audio.empty() && model.fallback_column)
    throw InvalidInput(fmt::format("{}: expected {}, got {}", key(model.fallback_column),
                                   key(data.embeddings), key(data.audio)));
  if (data.audio.empty() && (data.crop != Crop::kAll || model.normalise_rms))
    throw InvalidInput(fmt::format("{} and {}: expected {}, got {}, which are already computed",
                                   key(data.crop), key(model.normalise_rms), key(data.audio),
                                   key(data.embeddings)));
  const bool has_one_member = !data.audio.empty() || model.head_kind != HeadKind::kMlp;
  if (has_one_member && recipe.members() != 1)
    throw InvalidInput(fmt::format(
        "{}: {} makes a model of one set of heads: expected 1, got {}", key(model.ensemble),
        data.audio.empty() ? key.set_to(model.head_kind, model.head_kind) : "an encoder that is trained",
        recipe.members()));
  check_clap(recipe, key);
}

// Checks that there is one label file per side of the split, or one file for all.
void check_lists(const Recipe& recipe, const KeyNames& key) {
  const DataSection& data = recipe.data;
  const bool has_lists = !data.validation_labels.empty() || !data.test_labels.empty();
  const bool is_by_list = recipe.split.kind == SplitKind::kLists;
  if (is_by_list && data.test_labels.empty())
    throw InvalidInput(fmt::format("{}: expected a file of labels for {}, got nothing", key(data.test_labels),
                                   key.set_to(recipe.split.kind, SplitKind::kLists)));
  if (has_lists && !is_by_list)
    throw InvalidInput(fmt::format("{}: expected \"{}\" with {} or {}, got \"{}\"", key(recipe.split.kind),
                                   name_of(SplitKind::kLists), key(data.validation_labels),
                                   key(data.test_labels), name_of(recipe.split.kind)));
}

bool has_validation(const Recipe& recipe) {
  return recipe.split.validation_fraction > 0.0 || recipe.split.kind == SplitKind::kFile ||
         !recipe.data.validation_labels.empty();
}

void check_losses(const Recipe& recipe, const KeyNames& key) {
  const DataSection& data = recipe.data;
  for (const LossOptions& loss : recipe.trainer.losses) {
    const bool is_ranking = loss.kind == LossKind::kRanking;
    if (is_ranking && loss.pairs != losses::PairScope::kAll && data.group_column.empty())
      throw InvalidInput(fmt::format("{}: expected {}, got none", key.set_to(loss.pairs, loss.pairs),
                                     key(data.group_column)));
    if (is_ranking && loss.quality == QualitySource::kAxes &&
        data.axes != std::vector<std::string>{"PQ", "PC", "CE", "CU"})
      throw InvalidInput(fmt::format("{}: expected {} = PQ, PC, CE, CU, got {}",
                                     key.set_to(loss.quality, loss.quality), key(data.axes),
                                     fmt::join(data.axes, ", ")));
    const bool needs_gains = loss.kind == LossKind::kLambdaRank && loss.target == losses::SwapMetric::kNdcg;
    if (needs_gains && loss.scale == LossScale::kTraining && data.standardise_labels)
      throw InvalidInput(fmt::format("{}: standardised labels have no gain: it needs {}",
                                     key.set_to(loss.target, loss.target),
                                     key.set_to(loss.scale, LossScale::kOutput)));
  }
}

// Checks the sets of heads, their seeds and when training stops.
void check_runs(const Recipe& recipe, const KeyNames& key) {
  const ModelSection& model = recipe.model;
  check_seeds(key(recipe.seeds), recipe.seeds);
  if (model.ensemble < 0 || model.ensemble > std::ssize(recipe.seeds))
    throw InvalidInput(fmt::format("{}: expected at most the number of seeds ({}), got {}",
                                   key(model.ensemble), recipe.seeds.size(), model.ensemble));
  if (!(model.familiar_quantile > 0.0 && model.familiar_quantile <= 1.0))
    throw InvalidInput(fmt::format("{}: expected a number in (0, 1], got {}", key(model.familiar_quantile),
                                   model.familiar_quantile));
  if (recipe.threads < 0)
    throw InvalidInput(
        fmt::format("{}: expected a number >= 0, got {}", key(recipe.threads), recipe.threads));
  if (recipe.trainer.patience > 0 && !has_validation(recipe))
    throw InvalidInput(fmt::format("{}: early stopping needs {} > 0, or patience = 0",
                                   key(recipe.trainer.patience), key(recipe.split.validation_fraction)));
}

}  // namespace

void Recipe::validate() const {
  const KeyNames key(*this);
  check_source(*this, key);
  if (data.labels.empty()) throw InvalidInput(key(data.labels) + ": expected a file of labels, got nothing");
  if (data.axes.empty())
    throw InvalidInput(key(data.axes) + ": expected at least one label column, got none");
  if (data.label_columns.size() != data.axes.size())
    throw InvalidInput(fmt::format("{}: expected one for each of the {} axes, got {}",
                                   key(data.label_columns), data.axes.size(), data.label_columns.size()));
  check_scale(key(data.label_scale), data.label_scale);
  check_scale(key(data.output_scale), data.output_scale);
  check_lists(*this, key);
  split.validate();
  heads::MlpHeadOptions head = model.head;
  head.input_dim = 1;  // placeholder; known once the embeddings are read
  head.validate();
  model.aesthetics.validate();
  trainer.validate();
  check_losses(*this, key);
  check_runs(*this, key);
  if (ablate.bootstrap_resamples < 1)
    throw InvalidInput(fmt::format("{}: expected a number >= 1, got {}", key(ablate.bootstrap_resamples),
                                   ablate.bootstrap_resamples));
  statistics::check_permutations(ablate.permutations);
}

}  // namespace qamro::training
