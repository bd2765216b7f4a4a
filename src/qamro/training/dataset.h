#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "qamro/data/leakage.h"
#include "qamro/predictors/head_model.h"
#include "qamro/training/recipe.h"
#include "qamro/training/window_rows.h"

namespace qamro::training {

// Labelled clips with their embeddings, in the order of the label file.
struct Dataset {
  std::vector<std::string> paths;
  std::vector<std::string> systems;        // "" where neither the label file nor a published name tells
  std::vector<std::string> groups;         // split.group
  std::vector<std::string> pair_groups;    // data.group_column; empty where the recipe names none
  std::vector<std::string> assignment;     // split.column for kind "file", the list's side for kind "lists"
  std::vector<std::string> hold_out;       // split.hold_out; empty where the recipe names none
  std::vector<data::SharedColumn> shared;  // what the split may leak: prompts, sentences, recordings …
  std::vector<std::string> audio_digests;  // SHA-256 of each clip's embeddings or file: equal audio is equal
  at::Tensor embeddings;                   // [n, dim] float32, or a row a window
  WindowRows windows;                      // empty: a row of embeddings is a clip
  std::int64_t layers = 1;                 // of the encoder, side by side in a row of embeddings
  at::Tensor labels;                       // [n, axes] double, output scale, NaN where missing
  at::Tensor baselines;     // [n, ablate.baseline_columns] double, as they are, NaN where missing
  at::Tensor pair_weights;  // [n] double, data.weight_column; undefined where the recipe names none
  predictors::EncoderReference encoder;
  std::string audio_policy;  // of CLAP (predictors/clap_model.h); "": of another encoder
  std::string embeddings_sha256;
  std::string labels_sha256;
  std::int64_t unlabelled = 0;  // embeddings without a label row, left out

  std::int64_t size() const { return static_cast<std::int64_t>(paths.size()); }
};

// What the label file says: all but embeddings, encoder and embeddings_sha256. Throws as load_dataset.
Dataset load_labels(const Recipe& recipe);

// Reads and joins what [data] names. Throws InvalidInput naming file and line: a column that is not there, a
// label that is no number or outside of label_scale, a path that is there twice or has no embedding.
Dataset load_dataset(const Recipe& recipe);

}  // namespace qamro::training
