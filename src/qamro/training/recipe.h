#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/data/split.h"
#include "qamro/heads/aesthetics_heads.h"
#include "qamro/heads/mlp_head.h"
#include "qamro/training/trainer_options.h"

namespace qamro::training {

// The split of clips into training, validation and test belongs to the data; recipes and runs use its
// names here.
using data::Fold;
using data::SplitKind;
using data::SplitOptions;

// All windows of a clip, or one window at a random place that is drawn anew in each epoch. Scores of
// validation and test clips always use all windows.
enum class Crop { kAll, kRandom };
constexpr auto enum_names(Crop) {
  return names_table<Crop>({{Crop::kAll, "all"}, {Crop::kRandom, "random"}});
}

// [data]: embeddings and labels, joined on the path column.
struct DataSection {
  std::string embeddings;         // safetensors as `qamro embed` writes it, see embeddings/embedding_file.h
  std::string audio;              // or the folder that clip paths are relative to, to train the encoder too
  std::string audio_extension;    // of the files in `audio`, ".flac"; "": as in the label file
  Crop crop = Crop::kAll;         // what training on audio reads of a clip
  std::string labels;             // csv or tsv with a header, or JSON lines; list of numbers: one per rater
  std::string validation_labels;  // split.kind "lists": label files of the other sides of the split
  std::string test_labels;
  std::string path_prefix;           // removed from every path in the label files: "/your_path/"
  std::vector<std::string> prompts;  // TSV files of prompts, for data.audio with head_kind "clap"
  std::string path_column = "path";
  std::string system_column = "system";
  std::string group_column;   // prompt or listening test of a clip, for loss.ranking.pairs, training.sampler
  std::string weight_column;  // in the ranking loss, a pair's weight is the product of its clips'
  std::vector<std::string> axes = {"mos"};           // names of the model's scores
  std::vector<std::string> label_columns = {"mos"};  // per axis (default: its name); empty cell: no label
  std::array<double, 2> label_scale = {1.0, 5.0};    // of the labels as collected, e.g. [0, 100]
  std::array<double, 2> output_scale = {1.0, 5.0};   // of the scores; labels are mapped linearly onto it
  bool standardise_labels = true;                    // train on zero mean and unit variance

  bool operator==(const DataSection&) const = default;
};

// Three-layer MLPs on one embedding (heads/mlp_head.h), heads on the mix of all layers as in
// Audiobox-Aesthetics (heads/aesthetics_heads.h), or MLPs on CLAP's embeddings of audio and
// prompt (heads/clap_heads.h).
enum class HeadKind { kMlp, kAesthetics, kClap };
constexpr auto enum_names(HeadKind) {
  return names_table<HeadKind>(
      {{HeadKind::kMlp, "mlp"}, {HeadKind::kAesthetics, "aesthetics"}, {HeadKind::kClap, "clap"}});
}

// [model]
struct ModelSection {
  std::string name = "heads";
  HeadKind head_kind = HeadKind::kMlp;
  heads::MlpHeadOptions head;                // also for kClap; input_dim comes from the embeddings
  heads::AestheticsHeadsOptions aesthetics;  // layers and dim come from the embeddings or the encoder
  std::int64_t ensemble = 0;  // sets of heads in the final model, from the first seeds; 0: one per seed
  // With data.audio: the encoder that is trained along with the heads, and the layout that they read.
  std::string encoder = "distill-mos";
  std::string layout = "pooled";
  // Each audio window is divided by its root mean square before the encoder (kind audiobox) reads it. The
  // trained model records this and does the same.
  bool normalise_rms = false;
  // How CLAP gets its audio (models/clap/model.h): "correct", "published", or "" for the policy of the
  // encoder or of the embeddings file.
  std::string audio_policy;
  // Column of the embedding (negative: from its end) with the encoder's own score on the output scale. That
  // score replaces the heads' for clips unlike the training clips (heads/head_model.h). Absent: the heads
  // score every clip.
  std::optional<std::int64_t> fallback_column = {};
  double familiar_quantile = 0.9;  // share of held-out clips near enough to trust the heads, (0, 1]
  // kMlp: scores stay within data.output_scale (heads::TargetTransform), in training as afterwards.
  bool bounded = false;

  bool operator==(const ModelSection&) const = default;
};

// One row of the ablation: the recipe with other losses.
struct AblationVariant {
  std::string name;
  std::vector<LossOptions> losses;
  std::optional<double> preference_factor = {};  // set in rows of ablate.preference_factors

  bool operator==(const AblationVariant&) const = default;
};

// What the two sides of the split must not share, and what to do if they do. It does not change any result.
struct LeakageOptions {
  data::LeakagePolicy policy = data::LeakagePolicy::kWarn;
  // Columns of the label file. Empty: prompt, sentence and recording, as far as the file has them or
  // published names give them (data/published_name.h, data/system_rule.h). The audio itself is
  // always compared.
  std::vector<std::string> columns;

  bool operator==(const LeakageOptions&) const = default;
};

// [ablate]
struct AblateSection {
  std::vector<AblationVariant> variants;      // [[ablate.variants]]: name and [[ablate.variants.loss]]
  std::string reference;                      // the row that the others are compared with; "": the first
  double fixed_margin = 0.2;                  // for the default row "fixed margin (Eq. 1)"
  std::vector<double> preference_factors;     // more rows: QAMRO with these factors (the paper's Fig. 1)
  std::vector<std::string> exclude_systems;   // extra results without these systems, e.g. ["Reference"]
  std::vector<std::string> baseline_columns;  // label file columns with another model's scores, output scale
  std::int64_t bootstrap_resamples = 2000;    // for intervals
  std::int64_t permutations = 2000;           // rounds of the tests of differences

  bool operator==(const AblateSection&) const = default;
};

// Everything that decides the outcome of a training run. Read from TOML; a wrong key or type is InvalidInput
// that names file, line and the nearest known key.
struct Recipe {
  DataSection data;
  SplitOptions split;
  LeakageOptions leakage;  // split.leakage, split.leakage_columns
  ModelSection model;
  TrainerOptions trainer;                 // [optimizer], [training], [[loss]]
  std::vector<std::int64_t> seeds = {0};  // training.seeds
  std::int64_t threads = 0;  // training.threads: runs at the same time; 0: one per core. Same results.
  AblateSection ablate;

  // How many sets of heads the final model has.
  std::int64_t members() const { return model.ensemble > 0 ? model.ensemble : std::ssize(seeds); }
  // Throws InvalidInput that names section and key.
  void validate() const;
  bool operator==(const Recipe&) const = default;
};

// `overrides`: "section.key=value" with a TOML value (a bare word is a string), applied before all checks.
// [[loss]] entries are addressed by kind or number: "loss.ranking.weight=0.5", "loss.0.weight=2". Relative
// paths are resolved against the recipe's folder.
Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

// The same from text. `name` stands for the file in messages; relative paths are resolved against `folder`.
Recipe parse_recipe(const std::string& text, const std::string& name, const std::filesystem::path& folder,
                    const std::vector<std::string>& overrides = {});

// All keys, including defaults; parse_recipe() gives the same Recipe back.
std::string recipe_to_toml(const Recipe& recipe);

// SHA-256 of everything in the recipe that decides results. Left out: file locations, model name, threads,
// checkpoint interval, leakage options and [ablate].
std::string recipe_fingerprint(const Recipe& recipe);

// The rows of `qamro ablate`: those of the recipe, or the default rows: regression only; + fixed margin (Eq.
// 1); + adaptive margin (Eq. 2); + quality weighting (QAMRO, Eq. 3), with the recipe's ranking loss
// unchanged. The rows of ablate.preference_factors follow.
std::vector<AblationVariant> ablation_variants(const Recipe& recipe);

}  // namespace qamro::training
