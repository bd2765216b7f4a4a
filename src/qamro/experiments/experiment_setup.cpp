#include "qamro/experiments/experiment_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "qamro/core/error.h"
#include "qamro/embeddings/embedding_file.h"
#include "qamro/hub/published_models.h"
#include "qamro/models/model_kind.h"
#include "qamro/models/registry.h"

namespace qamro::experiments {
namespace {

// The convolutions' output over the real audio, three Transformer layers over the whole window, and the
// encoder's own score: the layout that docs/results.md found for neural codecs.
constexpr const char* kCodecLayout = "convolved.mean+layer1.mean.all+layer4.mean.all+layer7.mean.all+mos";

struct EncoderChoice {
  std::string model;
  std::string layout;
};

EncoderChoice usual_encoder(DataKind kind) {
  switch (kind) {
    case DataKind::kNeuralCodecs:
      return {"distill-mos", kCodecLayout};
    case DataKind::kMusicEval:
      return {"clap-music", ""};
    case DataKind::kAesNatural:
      return {"audiobox-aesthetics", embeddings::kPooledLayers};
  }
  return {};
}

const char* title_of(DataKind kind) {
  switch (kind) {
    case DataKind::kNeuralCodecs:
      return "the ratings of neural codecs";
    case DataKind::kMusicEval:
      return "MusicEval";
    case DataKind::kAesNatural:
      return "AES-Natural";
  }
  return "";
}

void check_kind(const ExperimentOptions& options, DataKind found) {
  const auto expect = [&](DataKind kind) {
    if (found != kind)
      throw InvalidInput(fmt::format("experiment {}: expected {} in {}, got {}", name_of(options.experiment),
                                     title_of(kind), options.data.string(), title_of(found)));
  };
  if (options.experiment == Experiment::kTable1) expect(DataKind::kMusicEval);
  if (options.experiment == Experiment::kTable2) expect(DataKind::kAesNatural);
}

void make_quick(training::Recipe& recipe) {
  recipe.seeds.resize(1);
  recipe.trainer.max_epochs = std::min<std::int64_t>(recipe.trainer.max_epochs, 3);
  recipe.ablate.bootstrap_resamples = std::min<std::int64_t>(recipe.ablate.bootstrap_resamples, 200);
  recipe.ablate.permutations = std::min<std::int64_t>(recipe.ablate.permutations, 500);
  if (recipe.ablate.preference_factors.size() > 2) recipe.ablate.preference_factors = {1.0, kPaperPeakFactor};
}

// fig1 sweeps the factor and compares with the loss without weighting, as the paper does.
void choose_rows(Experiment experiment, training::Recipe& recipe) {
  if (experiment == Experiment::kTable1 || experiment == Experiment::kTable2)
    recipe.ablate.preference_factors.clear();
  if (experiment != Experiment::kFig1) return;
  if (recipe.ablate.preference_factors.empty()) recipe.ablate.preference_factors = {1, 3, 5, 7, 9, 11, 13};
  std::erase(recipe.ablate.preference_factors, 1.0);  // that is the reference
  if (!recipe.ablate.variants.empty()) return;
  training::Recipe four = recipe;
  four.ablate.preference_factors.clear();
  for (training::AblationVariant& row : training::ablation_variants(four))
    if (row.name == kAdaptiveMargin) recipe.ablate.variants.push_back(std::move(row));
}

training::Recipe read_recipe(const ExperimentOptions& options, DataKind kind) {
  if (!options.recipe.empty()) return training::load_recipe(options.recipe, options.overrides);
  std::vector<std::string> overrides;
  // The papers' recipes have one seed, which would pass luck off as merit.
  if (kind != DataKind::kNeuralCodecs) overrides = {"training.seeds=[0, 1, 2]", "model.ensemble=1"};
  overrides.insert(overrides.end(), options.overrides.begin(), options.overrides.end());
  return training::parse_recipe(std::string(recipe_text(kind)),
                                fmt::format("the recipe of {}", title_of(kind)), options.output, overrides);
}

// Makes the recipe use our own table and embeddings.
void adapt(const ExperimentOptions& options, const ExperimentData& data, training::Recipe& recipe) {
  recipe.data.embeddings = (options.output / "embeddings.safetensors").string();
  recipe.data.audio.clear();
  recipe.data.labels = (options.output / "labels.csv").string();
  recipe.data.validation_labels.clear();
  recipe.data.test_labels.clear();
  recipe.data.path_prefix.clear();
  recipe.data.path_column = "path";
  recipe.data.system_column = "system";
  recipe.ablate.baseline_columns.clear();  // the encoder's own score comes with its embeddings
  const bool has_lists = std::find(data.columns.begin(), data.columns.end(), "split") != data.columns.end();
  if (has_lists &&
      (recipe.split.kind == training::SplitKind::kLists || recipe.split.kind == training::SplitKind::kFile)) {
    recipe.split.kind = training::SplitKind::kFile;
    recipe.split.column = "split";
  }
  if (options.quick) make_quick(recipe);
  choose_rows(options.experiment, recipe);
  recipe.model.ensemble = 1;  // no model is kept, and some heads allow no other number
  if (options.threads > 0) recipe.threads = options.threads;
  recipe.validate();
}

void look_for_audio(ExperimentSetup& setup) {
  const auto& silent = setup.data.silent;
  if (silent.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(silent.size(), 3); ++i)
    names += (i == 0 ? "" : ", ") + setup.data.rows[silent[i]].front();
  setup.missing.push_back(
      {fmt::format("audio of {} of {} clips ({}{})", silent.size(), setup.data.rows.size(), names,
                   silent.size() > 3 ? ", …" : ""),
       setup.data.audio_folder.string(),
       fmt::format("from {}; then put it there, or name its folder with --audio", setup.data.source)});
}

void look_for_weights(ExperimentSetup& setup) {
  const auto how = [&]() -> std::string {
    if (hub::find_published_model(setup.model) != nullptr) return "qamro model fetch " + setup.model;
    return "name another encoder with --model ('qamro model list' shows the available ones)";
  };
  try {
    const auto description = models::describe_model(setup.model);
    std::error_code ignored;
    if (std::filesystem::is_regular_file(description.weights, ignored)) {
      setup.encoder = description;
      return;
    }
    setup.missing.push_back(
        {fmt::format("weights of the encoder {}", setup.model), description.weights.string(), how()});
  } catch (const Error& error) {
    const bool is_path = setup.model.find('/') != std::string::npos;
    setup.missing.push_back({fmt::format("weights of the encoder {}", setup.model),
                             is_path ? error.what() : "the folders of models ('qamro model list')", how()});
  }
}

// The recipe's heads read prompts, which only a CLAP encodes.
void fit_heads(const ExperimentOptions& options, ExperimentSetup& setup) {
  if (!options.recipe.empty() || !setup.encoder || models::kind_of(*setup.encoder).reads_prompts() ||
      setup.recipe.model.head_kind != training::HeadKind::kClap)
    return;
  setup.recipe.model.head_kind = training::HeadKind::kMlp;
  setup.recipe.data.standardise_labels = true;
}

void look_for_prompts(ExperimentSetup& setup) {
  if (setup.recipe.model.head_kind != training::HeadKind::kClap) return;
  const auto has_none = [](const data::Clip& clip) { return !clip.prompt; };
  const auto count = std::ranges::count_if(setup.data.clips, has_none);
  if (count == 0) return;
  const auto first = std::ranges::find_if(setup.data.clips, has_none);
  setup.missing.push_back(
      {fmt::format("prompts of {} of {} clips ({}{})", count, setup.data.clips.size(), first->path_as_given,
                   count > 1 ? ", …" : ""),
       (setup.data.folder / "prompt_info.txt, demo_prompt_info.txt, or beside that folder").string(),
       "from " + setup.data.source});
}

// Only if every clip has a system: in other data, no system is in both training and test.
std::optional<std::int64_t> hold_out_folds(const ExperimentOptions& options, const ExperimentData& data) {
  constexpr std::int64_t kMaxSystems = 10;
  if (options.experiment == Experiment::kFig1) return std::nullopt;
  const auto column = std::find(data.columns.begin(), data.columns.end(), "system") - data.columns.begin();
  std::vector<std::string> systems;
  for (const auto& row : data.rows) systems.push_back(row[static_cast<std::size_t>(column)]);
  std::ranges::sort(systems);
  systems.erase(std::unique(systems.begin(), systems.end()), systems.end());
  if (systems.size() < 2 || systems.front().empty()) return std::nullopt;
  return std::ssize(systems) > kMaxSystems ? kMaxSystems : 0;
}

}  // namespace

ExperimentSetup prepare_experiment(const ExperimentOptions& options) {
  ExperimentSetup setup;
  setup.data = read_experiment_data(options.data, options.audio);
  check_kind(options, setup.data.kind);
  setup.recipe = read_recipe(options, setup.data.kind);
  adapt(options, setup.data, setup.recipe);
  const EncoderChoice usual = usual_encoder(setup.data.kind);
  setup.model = options.model.empty() ? usual.model : options.model;
  // Another model has its own layouts, but aesthetics heads need theirs from any model.
  const bool keeps_layout =
      options.model.empty() || setup.recipe.model.head_kind == training::HeadKind::kAesthetics;
  setup.layout = keeps_layout ? usual.layout : "";
  setup.scores_itself = options.model.empty() && setup.data.kind != DataKind::kMusicEval;
  if (!keeps_layout) setup.recipe.model.fallback_column.reset();
  look_for_audio(setup);
  look_for_weights(setup);
  fit_heads(options, setup);
  look_for_prompts(setup);
  setup.hold_out_folds = hold_out_folds(options, setup.data);
  if (options.experiment == Experiment::kTable1) setup.paper = &table_1();
  if (options.experiment == Experiment::kTable2) setup.paper = &table_2();
  return setup;
}

}  // namespace qamro::experiments
