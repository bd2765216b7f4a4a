#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "qamro/training/recipe.h"

// Every key of a recipe, once, in the order in which a recipe is written. visit(key, value) is called for
// each key of a section. Reading (recipe.cpp), writing and the fingerprint (recipe_writer.cpp), provenance
// (run_folder.cpp) and the test of docs/recipe.md come from here, so a new key is a member of a section and a
// line here.
//
// Which keys follow may depend on a key that has been visited (a loss' kind, the kind of heads), which a
// reader has set by then.
namespace qamro::training {

template <typename T, typename Of>
concept MaybeConst = std::same_as<std::remove_const_t<T>, Of>;

// A key with one path or several. A reader resolves them; the fingerprint leaves them out.
template <typename T>
struct FileKey {
  explicit FileKey(T& paths) : value(paths) {}
  T& value;
};

// A key that has the value of another one, visited before it, unless the recipe says otherwise.
template <typename T>
struct FollowingKey {
  FollowingKey(T& own, const std::remove_const_t<T>& other) : value(own), otherwise(other) {}
  T& value;
  const std::remove_const_t<T>& otherwise;
};

// A key that is younger than runs which must still be resumed: a fingerprint leaves it out while it has the
// value that those runs had.
template <typename T>
struct LaterKey {
  LaterKey(T& own, const std::remove_const_t<T>& before) : value(own), earlier(before) {}
  T& value;
  std::remove_const_t<T> earlier;
};

template <MaybeConst<DataSection> Data, typename Visit>
void visit_keys(Data& data, Visit&& visit) {
  visit("embeddings", FileKey(data.embeddings));
  visit("audio", FileKey(data.audio));
  visit("audio_extension", data.audio_extension);
  visit("crop", data.crop);
  visit("prompts", FileKey(data.prompts));
  visit("labels", FileKey(data.labels));
  visit("validation_labels", FileKey(data.validation_labels));
  visit("test_labels", FileKey(data.test_labels));
  visit("path_column", data.path_column);
  visit("path_prefix", data.path_prefix);
  visit("system_column", data.system_column);
  visit("group_column", data.group_column);
  visit("weight_column", data.weight_column);
  visit("axes", data.axes);
  visit("label_columns", FollowingKey(data.label_columns, data.axes));
  visit("label_scale", data.label_scale);
  visit("output_scale", FollowingKey(data.output_scale, data.label_scale));
  visit("standardise_labels", data.standardise_labels);
}

template <MaybeConst<Recipe> AnyRecipe, typename Visit>
void visit_split_keys(AnyRecipe& recipe, Visit&& visit) {
  auto& split = recipe.split;
  visit("kind", split.kind);
  visit("folds", split.folds);
  visit("group", split.group);
  visit("shuffle", split.shuffle);
  visit("test_fraction", split.test_fraction);
  visit("test_groups", split.test_groups);
  visit("validation_fraction", split.validation_fraction);
  visit("column", split.column);
  visit("hold_out", split.hold_out);
  visit("hold_out_folds", split.hold_out_folds);
  visit("seed", split.seed);
  visit("leakage", recipe.leakage.policy);
  visit("leakage_columns", recipe.leakage.columns);
}

template <MaybeConst<ModelSection> Model, typename Visit>
void visit_keys(Model& model, Visit&& visit) {
  visit("name", model.name);
  visit("encoder", model.encoder);
  visit("layout", model.layout);
  visit("normalise_rms", model.normalise_rms);
  visit("audio_policy", model.audio_policy);
  visit("head_kind", model.head_kind);
  visit("ensemble", model.ensemble);
  if (model.head_kind == HeadKind::kAesthetics) {
    visit("projection_layers", model.aesthetics.projection_layers);
    visit("layer_norm", model.aesthetics.layer_norm);
    visit("normalise_embedding", model.aesthetics.normalise_embedding);
    visit("activation", model.aesthetics.activation);
    visit("dropout", model.aesthetics.dropout);
    return;
  }
  visit("hidden", model.head.hidden);
  visit("activation", model.head.activation);
  visit("dropout", model.head.dropout);
  if (model.head_kind == HeadKind::kClap) return;
  visit("input_dropout", model.head.input_dropout);
  visit("fallback_column", model.fallback_column);
  visit("familiar_quantile", model.familiar_quantile);
  visit("bounded", model.bounded);
}

// One [[loss]].
template <MaybeConst<LossOptions> Loss, typename Visit>
void visit_keys(Loss& loss, Visit&& visit) {
  visit("kind", loss.kind);
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

// One [[optimizer.parameter_groups]].
template <MaybeConst<ParameterGroup> Group, typename Visit>
void visit_keys(Group& group, Visit&& visit) {
  visit("name", group.name);
  visit("learning_rate_scale", group.learning_rate_scale);
}

template <MaybeConst<OptimizerOptions> Optimizer, typename Visit>
void visit_keys(Optimizer& optimizer, Visit&& visit) {
  visit("kind", optimizer.kind);
  visit("learning_rate", optimizer.learning_rate);
  visit("weight_decay", optimizer.weight_decay);
  visit("momentum", optimizer.momentum);
  visit("schedule", optimizer.schedule);
  visit("warmup_epochs", optimizer.warmup_epochs);
  visit("clip_norm", optimizer.clip_norm);
  visit("layer_decay", optimizer.layer_decay);
  visit("parameter_groups", optimizer.parameter_groups);
}

template <MaybeConst<Recipe> AnyRecipe, typename Visit>
void visit_training_keys(AnyRecipe& recipe, Visit&& visit) {
  auto& trainer = recipe.trainer;
  visit("batch_size", trainer.batch_size);
  visit("sampler", trainer.sampler);
  visit("micro_batch", trainer.micro_batch);
  visit("precision", trainer.precision);
  visit("max_epochs", trainer.max_epochs);
  visit("patience", trainer.patience);
  visit("monitor", trainer.monitor);
  visit("checkpoint_interval_seconds", trainer.checkpoint_interval_seconds);
  visit("seeds", recipe.seeds);
  visit("threads", recipe.threads);
}

// One [[ablate.variants]].
template <MaybeConst<AblationVariant> Variant, typename Visit>
void visit_keys(Variant& variant, Visit&& visit) {
  visit("name", variant.name);
  visit("loss", variant.losses);
}

template <MaybeConst<AblateSection> Ablate, typename Visit>
void visit_keys(Ablate& ablate, Visit&& visit) {
  visit("reference", ablate.reference);
  visit("fixed_margin", ablate.fixed_margin);
  visit("preference_factors", ablate.preference_factors);
  visit("exclude_systems", ablate.exclude_systems);
  visit("baseline_columns", ablate.baseline_columns);
  visit("bootstrap_resamples", ablate.bootstrap_resamples);
  visit("permutations", LaterKey(ablate.permutations, std::int64_t{2000}));
  visit("variants", ablate.variants);
}

// Calls visit_section(name, keys) for each section; keys(visit) visits its keys. The section "" is the recipe
// itself, whose only key of its own is [[loss]].
template <MaybeConst<Recipe> AnyRecipe, typename VisitSection>
void visit_sections(AnyRecipe& recipe, VisitSection&& visit_section) {
  visit_section("data", [&](auto&& visit) { visit_keys(recipe.data, visit); });
  visit_section("split", [&](auto&& visit) { visit_split_keys(recipe, visit); });
  visit_section("model", [&](auto&& visit) { visit_keys(recipe.model, visit); });
  visit_section("", [&](auto&& visit) { visit("loss", recipe.trainer.losses); });
  visit_section("optimizer", [&](auto&& visit) { visit_keys(recipe.trainer.optimizer, visit); });
  visit_section("training", [&](auto&& visit) { visit_training_keys(recipe, visit); });
  visit_section("ablate", [&](auto&& visit) { visit_keys(recipe.ablate, visit); });
}

// The entries of an array of tables.
template <typename T>
concept RecipeTable =
    std::same_as<T, LossOptions> || std::same_as<T, ParameterGroup> || std::same_as<T, AblationVariant>;

}  // namespace qamro::training
