#include "qamro/training/recipe.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "qamro/core/error.h"
#include "qamro/training/recipe_overrides.h"
#include "qamro/training/toml_section.h"

namespace qamro::training {
namespace {

// An empty path stays empty.
std::string resolve(const std::string& path, const std::filesystem::path& folder) {
  if (path.empty()) return path;
  return (folder / path).lexically_normal().string();
}

void read_data(TomlSection section, const std::filesystem::path& folder, Recipe& recipe) {
  DataSection& data = recipe.data;
  if (section.read("embeddings", data.embeddings)) data.embeddings = resolve(data.embeddings, folder);
  if (section.read("audio", data.audio)) data.audio = resolve(data.audio, folder);
  section.read("audio_extension", data.audio_extension);
  section.read_choice<Crop>("crop", data.crop, {Crop::kAll, Crop::kRandom},
                            [](Crop crop) { return name_of(crop); });
  if (section.read("prompts", data.prompts))
    for (std::string& file : data.prompts) file = resolve(file, folder);
  if (section.read("labels", data.labels)) data.labels = resolve(data.labels, folder);
  if (section.read("validation_labels", data.validation_labels))
    data.validation_labels = resolve(data.validation_labels, folder);
  if (section.read("test_labels", data.test_labels)) data.test_labels = resolve(data.test_labels, folder);
  section.read("path_column", data.path_column);
  section.read("path_prefix", data.path_prefix);
  section.read("system_column", data.system_column);
  section.read("group_column", data.group_column);
  section.read("weight_column", data.weight_column);
  if (section.read("axes", data.axes)) data.label_columns = data.axes;
  section.read("label_columns", data.label_columns);
  if (section.read("label_scale", data.label_scale)) data.output_scale = data.label_scale;
  section.read("output_scale", data.output_scale);
  section.read("standardise_labels", data.standardise_labels);
  section.finish();
}

void read_split(TomlSection section, Recipe& recipe) {
  SplitOptions& split = recipe.split;
  section.read_choice<SplitKind>(
      "kind", split.kind,
      {SplitKind::kKfold, SplitKind::kHoldout, SplitKind::kLeaveOneOut, SplitKind::kFile, SplitKind::kLists},
      [](SplitKind kind) { return name_of(kind); });
  section.read("folds", split.folds);
  section.read("group", split.group);
  section.read("shuffle", split.shuffle);
  section.read("test_fraction", split.test_fraction);
  section.read("test_groups", split.test_groups);
  section.read("validation_fraction", split.validation_fraction);
  section.read("column", split.column);
  section.read("hold_out", split.hold_out);
  section.read("hold_out_folds", split.hold_out_folds);
  section.read("seed", split.seed);
  using data::LeakagePolicy;
  section.read_choice<LeakagePolicy>("leakage", recipe.leakage.policy,
                                     {LeakagePolicy::kWarn, LeakagePolicy::kError, LeakagePolicy::kIgnore},
                                     [](LeakagePolicy policy) { return name_of(policy); });
  section.read("leakage_columns", recipe.leakage.columns);
  section.finish();
  section.check([&] { split.validate(); });
}

void read_mlp(TomlSection& section, ModelSection& model) {
  section.read("hidden", model.head.hidden);
  if (model.head_kind == HeadKind::kClap) return;
  section.read("input_dropout", model.head.input_dropout);
  if (std::int64_t column = 0; section.read("fallback_column", column)) model.fallback_column = column;
  section.read("familiar_quantile", model.familiar_quantile);
}

void read_aesthetics(TomlSection& section, heads::AestheticsHeadsOptions& heads) {
  section.read("projection_layers", heads.projection_layers);
  section.read("layer_norm", heads.layer_norm);
  section.read("normalise_embedding", heads.normalise_embedding);
}

void read_model(TomlSection section, Recipe& recipe) {
  using heads::Activation;
  ModelSection& model = recipe.model;
  section.read("name", model.name);
  section.read("encoder", model.encoder);
  section.read("layout", model.layout);
  section.read("normalise_rms", model.normalise_rms);
  section.read("audio_policy", model.audio_policy);
  section.read_choice<HeadKind>("head_kind", model.head_kind,
                                {HeadKind::kMlp, HeadKind::kAesthetics, HeadKind::kClap},
                                [](HeadKind kind) { return name_of(kind); });
  const bool is_mlp = model.head_kind != HeadKind::kAesthetics;
  section.read_choice<Activation>("activation", is_mlp ? model.head.activation : model.aesthetics.activation,
                                  {Activation::kRelu, Activation::kGelu, Activation::kNone},
                                  [](Activation activation) { return heads::activation_name(activation); });
  section.read("dropout", is_mlp ? model.head.dropout : model.aesthetics.dropout);
  section.read("ensemble", model.ensemble);
  if (is_mlp)
    read_mlp(section, model);
  else
    read_aesthetics(section, model.aesthetics);
  section.finish();
}

// Reads the value of a loss' key of any type.
struct LossReader {
  TomlSection& section;

  void operator()(const char* key, double& value) const { section.read(key, value); }
  void operator()(const char* key, std::int64_t& value) const { section.read(key, value); }
  void operator()(const char* key, LossScale& value) const {
    choice(key, value, {LossScale::kTraining, LossScale::kOutput});
  }
  void operator()(const char* key, QualitySource& value) const {
    choice(key, value,
           {QualitySource::kBatch, QualitySource::kScale, QualitySource::kPq, QualitySource::kPc,
            QualitySource::kCe, QualitySource::kCu, QualitySource::kAxes});
  }
  void operator()(const char* key, losses::PairScope& value) const {
    using losses::PairScope;
    choice(key, value, {PairScope::kAll, PairScope::kWithinGroups, PairScope::kAcrossGroups});
  }
  void operator()(const char* key, losses::PositionWeights& value) const {
    choice(key, value, {losses::PositionWeights::kUniform, losses::PositionWeights::kExponential});
  }
  void operator()(const char* key, losses::SwapMetric& value) const {
    choice(key, value, {losses::SwapMetric::kNdcg, losses::SwapMetric::kSpearman});
  }
  void operator()(const char* key, losses::Gain& value) const {
    choice(key, value, {losses::Gain::kExponential, losses::Gain::kLinear});
  }
  template <typename Enum>
  void choice(const char* key, Enum& value, std::initializer_list<Enum> choices) const {
    section.read_choice<Enum>(key, value, choices, [](Enum one) { return name_of(one); });
  }
};

LossOptions read_loss(const toml::table* table, const std::string& name, const std::string& file) {
  TomlSection section(table, name, file);
  LossOptions loss;
  const bool has_kind = section.read_choice<LossKind>("kind", loss.kind, kLossKinds,
                                                      [](LossKind kind) { return name_of(kind); });
  section.check([&] {
    if (!has_kind)
      throw InvalidInput(
          fmt::format("kind in {}: expected huber, mse, l1, ranking or a listwise loss, got "
                      "nothing",
                      name));
  });
  visit_loss_keys(loss, LossReader{section});
  section.finish();
  section.check([&] { loss.validate(); });
  return loss;
}

std::vector<LossOptions> read_losses(TomlSection& section, const std::string& name, const std::string& file) {
  std::vector<LossOptions> losses;
  for (const toml::table* table : section.tables("loss")) losses.push_back(read_loss(table, name, file));
  return losses;
}

void read_optimizer(TomlSection section, const std::string& file, Recipe& recipe) {
  OptimizerOptions& optimizer = recipe.trainer.optimizer;
  section.read_choice<OptimizerKind>("kind", optimizer.kind, {OptimizerKind::kSgd, OptimizerKind::kAdamW},
                                     [](OptimizerKind kind) { return name_of(kind); });
  section.read("learning_rate", optimizer.learning_rate);
  section.read("weight_decay", optimizer.weight_decay);
  section.read("momentum", optimizer.momentum);
  section.read_choice<Schedule>("schedule", optimizer.schedule, {Schedule::kConstant, Schedule::kCosine},
                                [](Schedule schedule) { return name_of(schedule); });
  section.read("warmup_epochs", optimizer.warmup_epochs);
  section.read("clip_norm", optimizer.clip_norm);
  section.read("layer_decay", optimizer.layer_decay);
  for (const toml::table* table : section.tables("parameter_groups")) {
    TomlSection group(table, "[[optimizer.parameter_groups]]", file);
    ParameterGroup& added = optimizer.parameter_groups.emplace_back();
    const bool has_name = group.read("name", added.name);
    group.read("learning_rate_scale", added.learning_rate_scale);
    group.finish();
    group.check([&] {
      if (!has_name) throw InvalidInput("[[optimizer.parameter_groups]]: expected a name, got nothing");
    });
  }
  section.finish();
}

void read_training(TomlSection section, Recipe& recipe) {
  TrainerOptions& trainer = recipe.trainer;
  section.read("batch_size", trainer.batch_size);
  section.read("max_epochs", trainer.max_epochs);
  section.read("patience", trainer.patience);
  section.read_choice<Monitor>(
      "monitor", trainer.monitor,
      {Monitor::kLoss, Monitor::kMse, Monitor::kLcc, Monitor::kSrcc, Monitor::kKtau, Monitor::kSystemMse,
       Monitor::kSystemLcc, Monitor::kSystemSrcc, Monitor::kSystemKtau},
      [](Monitor monitor) { return name_of(monitor); });
  using data::BatchSampler;
  section.read_choice<BatchSampler>("sampler", trainer.sampler,
                                    {BatchSampler::kRandom, BatchSampler::kGroup, BatchSampler::kSystems},
                                    [](BatchSampler sampler) { return data::name_of(sampler); });
  section.read("micro_batch", trainer.micro_batch);
  section.read_choice<TrainingPrecision>("precision", trainer.precision,
                                         {TrainingPrecision::kFp32, TrainingPrecision::kBf16},
                                         [](TrainingPrecision precision) { return name_of(precision); });
  section.read("checkpoint_interval_seconds", trainer.checkpoint_interval_seconds);
  section.read("seeds", recipe.seeds);
  section.read("threads", recipe.threads);
  section.finish();
}

void read_ablate(TomlSection section, const std::string& file, Recipe& recipe) {
  AblateSection& ablate = recipe.ablate;
  for (const toml::table* table : section.tables("variants")) {
    TomlSection variant(table, "[[ablate.variants]]", file);
    AblationVariant& added = ablate.variants.emplace_back();
    variant.read("name", added.name);
    added.losses = read_losses(variant, "[[ablate.variants.loss]]", file);
    variant.finish();
    variant.check([&] {
      if (added.name.empty() || added.losses.empty())
        throw InvalidInput("[[ablate.variants]]: expected a name and at least one [[ablate.variants.loss]]");
    });
  }
  section.read("reference", ablate.reference);
  section.read("fixed_margin", ablate.fixed_margin);
  section.read("preference_factors", ablate.preference_factors);
  section.read("exclude_systems", ablate.exclude_systems);
  section.read("baseline_columns", ablate.baseline_columns);
  section.read("bootstrap_resamples", ablate.bootstrap_resamples);
  section.finish();
}

toml::table parse_toml(const std::string& text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw InvalidInput(fmt::format("{}:{}: not TOML: {}", name, error.source().begin.line,
                                   std::string(error.description())));
  }
}

}  // namespace

std::string_view name_of(Crop crop) {
  return crop == Crop::kAll ? "all" : "random";
}

std::string_view name_of(HeadKind kind) {
  switch (kind) {
    case HeadKind::kMlp:
      return "mlp";
    case HeadKind::kAesthetics:
      return "aesthetics";
    case HeadKind::kClap:
      break;
  }
  return "clap";
}

Recipe parse_recipe(const std::string& text, const std::string& name, const std::filesystem::path& folder,
                    const std::vector<std::string>& overrides) {
  toml::table root = parse_toml(text, name);
  apply_overrides(root, overrides);
  TomlSection top(&root, "", name);
  const auto section = [&](const char* key) {
    return TomlSection(top.table(key), fmt::format("[{}]", key), name);
  };
  Recipe recipe;
  read_data(section("data"), folder, recipe);
  read_split(section("split"), recipe);
  read_model(section("model"), recipe);
  if (auto losses = read_losses(top, "[[loss]]", name); !losses.empty())
    recipe.trainer.losses = std::move(losses);
  read_optimizer(section("optimizer"), name, recipe);
  read_training(section("training"), recipe);
  read_ablate(section("ablate"), name, recipe);
  top.finish();
  try {
    recipe.validate();
  } catch (const InvalidInput& error) {
    throw InvalidInput(fmt::format("{}: {}", name, error.what()));
  }
  return recipe;
}

Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw FileError(describe_errno(path.string(), errno));
  return parse_recipe(text.str(), path.string(), std::filesystem::absolute(path).parent_path(), overrides);
}

}  // namespace qamro::training
