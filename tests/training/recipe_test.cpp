#include "qamro/training/recipe.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qamro/core/error.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kText = R"([data]
embeddings = "embeddings.safetensors"
labels = "../ratings.csv"
axes = ["mos", "PQ"]
label_columns = ["mushra", "PQ"]
label_scale = [0, 100]
output_scale = [1.0, 5.0]

[split]
folds = 4
group = "sentence"
validation_fraction = 0.25
hold_out = "system"
hold_out_folds = 3
leakage = "error"
leakage_columns = ["prompt"]

[model]
hidden = [32, 8]
activation = "gelu"
dropout = 0.1

[[loss]]
kind = "huber"
delta = 0.5
[[loss]]
kind = "ranking"
weight = 2
margin_scale = 0.3

[optimizer]
kind = "sgd"
learning_rate = 5e-4
momentum = 0.9

[training]
batch_size = 16
patience = 20
monitor = "srcc"
seeds = [0, 1, 2]

[ablate]
exclude_systems = ["Reference \"\\ é"]
[[ablate.variants]]
name = "only l1"
[[ablate.variants.loss]]
kind = "l1"
)";

Recipe parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_recipe(text, "recipe.toml", "/data/run", overrides);
}

std::string refusal(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return message_of([&] { parse(text, overrides); });
}

std::string replaced(std::string from, std::string to) {
  std::string text = kText;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Recipe, ReadsEverySection) {
  const Recipe recipe = parse(kText);
  EXPECT_EQ(recipe.data.embeddings, "/data/run/embeddings.safetensors");
  EXPECT_EQ(recipe.data.labels, "/data/ratings.csv");
  EXPECT_EQ(recipe.data.axes, (std::vector<std::string>{"mos", "PQ"}));
  EXPECT_EQ(recipe.data.label_columns, (std::vector<std::string>{"mushra", "PQ"}));
  EXPECT_EQ(recipe.data.label_scale, (std::array{0.0, 100.0}));
  EXPECT_EQ(recipe.split.folds, 4);
  EXPECT_EQ(recipe.split.hold_out, "system");
  EXPECT_EQ(recipe.split.hold_out_folds, 3);
  EXPECT_EQ(recipe.leakage.policy, data::LeakagePolicy::kError);
  EXPECT_EQ(recipe.leakage.columns, std::vector<std::string>{"prompt"});
  EXPECT_EQ(recipe.model.head.hidden, (std::array<std::int64_t, 2>{32, 8}));
  EXPECT_EQ(recipe.model.head.activation, heads::Activation::kGelu);
  ASSERT_EQ(recipe.trainer.losses.size(), 2U);
  EXPECT_EQ(recipe.trainer.losses[0].delta, 0.5);
  EXPECT_EQ(recipe.trainer.losses[1].weight, 2.0);
  EXPECT_EQ(recipe.trainer.losses[1].preference_factor, 7.0);
  EXPECT_EQ(recipe.trainer.optimizer.kind, OptimizerKind::kSgd);
  EXPECT_EQ(recipe.trainer.monitor, Monitor::kSrcc);
  EXPECT_EQ(recipe.seeds, (std::vector<std::int64_t>{0, 1, 2}));
  ASSERT_EQ(recipe.ablate.variants.size(), 1U);
  EXPECT_EQ(recipe.ablate.variants[0].losses[0].kind, LossKind::kL1);
}

TEST(Recipe, WrittenRecipeReadsBackTheSame) {
  const Recipe recipe = parse(kText);
  EXPECT_EQ(parse_recipe(recipe_to_toml(recipe), "again.toml", "/elsewhere"), recipe)
      << recipe_to_toml(recipe);
}

TEST(Recipe, TheFallbackColumnIsOptionalAndMayCountFromTheEnd) {
  const std::string data = "[data]\nembeddings = \"e\"\nlabels = \"l\"\n";
  EXPECT_EQ(parse(data).model.fallback_column, std::nullopt);
  const Recipe recipe = parse(data + "[model]\nfallback_column = -1\nfamiliar_quantile = 0.5\n");
  EXPECT_EQ(recipe.model.fallback_column, -1);
  EXPECT_EQ(parse(recipe_to_toml(recipe)), recipe);
  EXPECT_EQ(parse(data + "[model]\nfallback_column = \"none\"\n"), parse(data));
  EXPECT_THAT(recipe_to_toml(parse(data)), HasSubstr("\nfallback_column = \"none\"\n"))
      << "a run's recipe says that there is none";
  EXPECT_EQ(parse(data + "[model]\nfallback_column = -1\n", {"model.fallback_column=none"}), parse(data));
  EXPECT_THROW(parse(data + "[model]\nfallback_column = \"last\"\n"), InvalidInput);
  EXPECT_THROW(parse(data + "[model]\nfamiliar_quantile = 0\n"), InvalidInput);
  EXPECT_THROW(parse(data + "[model]\nfamiliar_quantile = 1.01\n"), InvalidInput);
}

TEST(Recipe, MlpHeadsAreBoundedIfItSaysSo) {
  const std::string data = "[data]\nembeddings = \"e\"\nlabels = \"l\"\n";
  EXPECT_FALSE(parse(data).model.bounded);
  const Recipe recipe = parse(data + "[model]\nbounded = true\n");
  EXPECT_TRUE(recipe.model.bounded);
  EXPECT_EQ(parse(recipe_to_toml(recipe)), recipe);
}

TEST(Recipe, LabelColumnsAreTheAxesUnlessGiven) {
  EXPECT_EQ(parse(replaced("label_columns = [\"mushra\", \"PQ\"]\n", "")).data.label_columns,
            (std::vector<std::string>{"mos", "PQ"}));
  EXPECT_THAT(refusal(replaced("[\"mushra\", \"PQ\"]", "[\"mushra\"]")), HasSubstr("data.label_columns"));
}

TEST(Recipe, OutputScaleIsTheLabelScaleUnlessGiven) {
  EXPECT_EQ(parse(replaced("output_scale = [1.0, 5.0]\n", "")).data.output_scale, (std::array{0.0, 100.0}));
}

TEST(Recipe, UnknownKeysNameFileLineAndTheNearestKey) {
  EXPECT_EQ(refusal(replaced("learning_rate", "lerning_rate")),
            "recipe.toml:33: unknown key 'lerning_rate' in [optimizer]: did you mean 'learning_rate'?");
  EXPECT_THAT(refusal(replaced("[optimizer]", "[optimiser]")),
              AllOf(StartsWith("recipe.toml:31: unknown key 'optimiser'"), HasSubstr("'optimizer'")));
  EXPECT_THAT(refusal(replaced("margin_scale", "delta")),
              StartsWith("recipe.toml:29: unknown key 'delta' in [[loss]]: known keys are kind, "));
}

TEST(Recipe, WrongTypesAndRangesAreNamed) {
  EXPECT_EQ(refusal(replaced("folds = 4", "folds = 4.5")),
            "recipe.toml:10: folds in [split]: expected an integer, got 4.5");
  EXPECT_THAT(
      refusal(replaced("\"gelu\"", "\"tanh\"")),
      AllOf(HasSubstr("recipe.toml:20: activation"), HasSubstr("relu, gelu, none"), HasSubstr("tanh")));
  EXPECT_THAT(refusal(replaced("5e-4", "nan")), HasSubstr("recipe.toml:33: learning_rate in [optimizer]"));
  EXPECT_THAT(refusal(replaced("dropout = 0.1", "dropout = 1.0")),
              HasSubstr("dropout: expected a number in [0, 1)"));
  EXPECT_THAT(refusal(replaced("[32, 8]", "[32]")), HasSubstr("a list of 2 numbers"));
  EXPECT_THAT(refusal(replaced("[0, 100]", "[100, 0]")), HasSubstr("data.label_scale"));
  EXPECT_THAT(refusal(replaced("[0, 1, 2]", "[1, 1]")), HasSubstr("training.seeds"));
  EXPECT_THAT(refusal(replaced("validation_fraction = 0.25", "")), HasSubstr("training.patience"));
  EXPECT_THAT(refusal(replaced("kind = \"l1\"", "weight = 1")),
              HasSubstr("kind in [[ablate.variants.loss]]"));
}

TEST(Recipe, BrokenTomlNamesTheLine) {
  EXPECT_THAT(refusal("[data]\nlabels = \n"), StartsWith("recipe.toml:2: not TOML"));
  EXPECT_THAT(refusal("[}"), StartsWith("recipe.toml:1: not TOML"));
  EXPECT_THAT(refusal("x = 1\u03AA"), StartsWith("recipe.toml:1: not TOML"));
}

// Half a million tables inside each other would exhaust the stack.
TEST(Recipe, KeysOfManyPartsAreRefused) {
  const auto key = [](std::size_t parts, std::string part) {
    return fmt::format("{}", fmt::join(std::vector(parts, std::move(part)), " . "));
  };
  const std::string refused = "recipe.toml:2: expected a key of at most 100 parts";
  for (const std::string part : {"a", "\"a, \\\" = b\"", "'a#'"}) {
    EXPECT_THAT(refusal("\n" + key(500'000, part) + " = 1\n"), StartsWith(refused));
    EXPECT_THAT(refusal("\n[[" + key(200, part) + "]]\n"), StartsWith(refused));
    EXPECT_THAT(refusal("\nx = {y = 1, " + key(200, part) + " = 1}\n"), StartsWith(refused));
    EXPECT_THAT(refusal("\n" + key(100, part) + " = 1\n"), HasSubstr("unknown key"));
  }
  EXPECT_NO_THROW(parse("# " + key(200, "A sentence with 1.5 dots. ...") + "\n" + kText));
  EXPECT_THROW(parse(kText, {key(500'000, "a") + "=1"}), InvalidInput);
}

TEST(Recipe, OverridesAreTomlValues) {
  const Recipe recipe =
      parse(kText, {"optimizer.learning_rate=0.01", "model.activation=relu", "loss.ranking.weight=3",
                    "loss.0.delta=2", "training.seeds=[5]", "split.seed=9"});
  EXPECT_EQ(recipe.trainer.optimizer.learning_rate, 0.01);
  EXPECT_EQ(recipe.model.head.activation, heads::Activation::kRelu);
  EXPECT_EQ(recipe.trainer.losses[1].weight, 3.0);
  EXPECT_EQ(recipe.trainer.losses[0].delta, 2.0);
  EXPECT_EQ(recipe.seeds, std::vector<std::int64_t>{5});
  EXPECT_EQ(recipe.split.seed, 9);
}

TEST(Recipe, OverridesAreNamedWhenWrong) {
  EXPECT_THAT(refusal(kText, {"split.folds=many"}), StartsWith("--set split.folds=many: folds in [split]"));
  EXPECT_THAT(refusal(kText, {"split.fold=3"}), StartsWith("--set split.fold=3: unknown key 'fold'"));
  EXPECT_THAT(refusal(kText, {"folds"}), HasSubstr("expected section.key=value"));
  EXPECT_THAT(refusal(kText, {"loss.mse.weight=1"}), HasSubstr("number, kind or name 'mse'"));
  EXPECT_THAT(refusal(kText, {"split.folds=[1"}), HasSubstr("expected a TOML value"));
}

TEST(Recipe, FingerprintIsOfWhatDecidesTheNumbers) {
  const Recipe recipe = parse(kText);
  Recipe moved = recipe;
  moved.data.labels = "/other/ratings.csv";
  moved.threads = 7;
  moved.ablate = {};
  moved.ablate.permutations = 100;
  EXPECT_EQ(recipe_fingerprint(moved), recipe_fingerprint(recipe));
  moved.split.seed = 1;
  EXPECT_NE(recipe_fingerprint(moved), recipe_fingerprint(recipe));
}

// A run whose fingerprint has changed cannot be resumed.
TEST(Recipe, WrittenTextAndFingerprintStayTheSame) {
  EXPECT_EQ(recipe_fingerprint(parse(kText)),
            "352e81577dbbac63f655977c550fc8dc4c8385264c6c1700a1bd2697c4e1f955");
  const std::string data = "[data]\nembeddings = \"e\"\nlabels = \"l\"\n";
  EXPECT_EQ(recipe_fingerprint(parse(data + "[model]\nfallback_column = -1\n")),
            "fa29b3a49e5bbf07284cd9d8fe8d2bc07a4026693115e4ae56fc4ab2ad78f972");
  EXPECT_EQ(recipe_fingerprint(parse(data + R"(axes = ["MI", "TA"]
[model]
head_kind = "clap"
hidden = [256, 64]
audio_policy = "published"
)")),
            "b5d0e5139798d9cd4cf3acdc5de2b9715441edeb52387d5e8f42ce56e02f7ba5");
  const std::string written = read_file(QAMRO_SOURCE_DIR "/tests/training/written_recipe.toml");
  EXPECT_EQ(recipe_to_toml(parse(written)), written);
  EXPECT_EQ(recipe_fingerprint(parse(written)),
            "054814b033aeec1b07b1b58137230804f73e02d8bf79cb0414a993b2fa808103");
}

TEST(Recipe, EveryLossAndTrainingKeyComesBackFromItsToml) {
  Recipe recipe = small_recipe();
  recipe.data.group_column = "prompt";
  recipe.data.weight_column = "raters";
  recipe.trainer.losses.clear();
  for (const auto& [kind, name] : enum_names(LossKind()))
    recipe.trainer.losses.push_back({.kind = kind, .weight = 0.5});
  recipe.trainer.losses[3].quality = QualitySource::kCu;
  recipe.trainer.losses[3].scale = LossScale::kOutput;
  recipe.trainer.losses[3].pairs = losses::PairScope::kAcrossGroups;
  recipe.trainer.losses[4].temperature = 0.25;
  recipe.trainer.losses[5].position_weights = losses::PositionWeights::kExponential;
  recipe.trainer.losses[6].sigma = 3.0;
  recipe.trainer.losses[7].target = losses::SwapMetric::kSpearman;
  recipe.trainer.losses[7].gain = losses::Gain::kLinear;
  recipe.trainer.losses[7].truncation = 10;
  recipe.trainer.losses[8].regularization_strength = 0.125;
  recipe.trainer.optimizer.clip_norm = 1.5;
  recipe.trainer.optimizer.layer_decay = 0.75;
  recipe.trainer.optimizer.parameter_groups = {{"encoder\\..*", 0.0}, {"head", 2.0}};
  recipe.trainer.sampler = data::BatchSampler::kSystems;
  recipe.trainer.micro_batch = 8;
  recipe.trainer.precision = TrainingPrecision::kBf16;
  recipe.trainer.monitor = Monitor::kSystemSrcc;
  const Recipe back = parse_recipe(recipe_to_toml(recipe), "recipe.toml", "");
  EXPECT_EQ(back, recipe);
}

TEST(Recipe, RefusesLossesThatTheDataCannotFeed) {
  EXPECT_THAT(refusal(std::string(kText) + "\n[[loss]]\nkind = \"ranking\"\npairs = \"within\"\n"),
              HasSubstr("expected data.group_column"));
  EXPECT_THAT(refusal(std::string(kText) + "\n[[loss]]\nkind = \"lambdarank\"\n"),
              HasSubstr("needs loss.lambdarank.scale = \"output\""));
  EXPECT_THAT(refusal(std::string(kText) + "\n[[loss]]\nkind = \"ranking\"\nquality = \"PQ\"\n"),
              HasSubstr("needs scale = \"output\""));
  EXPECT_THAT(refusal(std::string(kText) + "\n[[loss]]\nkind = \"listnet\"\nsigma = 1\n"),
              HasSubstr("unknown key 'sigma'"));
}

TEST(Recipe, DefaultAblationIsThePapersRows) {
  Recipe recipe = small_recipe();
  const auto rows = ablation_variants(recipe);
  ASSERT_EQ(rows.size(), 4U);
  ASSERT_EQ(rows[0].losses.size(), 1U);
  EXPECT_EQ(rows[0].losses[0].kind, LossKind::kHuber);
  const auto ranking = [&](std::size_t row) { return rows[row].losses.at(1); };
  EXPECT_EQ(ranking(1),
            (LossOptions{
                .kind = LossKind::kRanking, .margin = 0.2, .margin_scale = 0.0, .preference_factor = 1.0}));
  EXPECT_EQ(ranking(2),
            (LossOptions{.kind = LossKind::kRanking, .margin_scale = 0.2, .preference_factor = 1.0}));
  EXPECT_EQ(rows[3].losses, recipe.trainer.losses);
  recipe.trainer.losses.pop_back();
  EXPECT_THROW(ablation_variants(recipe), InvalidInput);
}

}  // namespace
}  // namespace qamro::training
