#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "qamro/data/leakage.h"
#include "qamro/data/training_clips.h"
#include "qamro/embeddings/window_rows.h"
#include "qamro/heads/head_model.h"
#include "qamro/training/recipe.h"

namespace qamro::training {

// Labelled clips with their embeddings, in the order of the label file.
struct Dataset {
  std::vector<std::string> paths;
  std::vector<std::string> systems;        // "" if neither the label file nor a published name has it
  std::vector<std::string> groups;         // split.group
  std::vector<std::string> pair_groups;    // data.group_column; empty if the recipe sets none
  std::vector<std::string> assignment;     // split.column for kind "file", the file's side for "lists"
  std::vector<std::string> hold_out;       // split.hold_out; empty if the recipe sets none
  std::vector<data::SharedColumn> shared;  // what the split may leak: prompts, sentences, recordings …
  std::vector<std::string> audio_digests;  // SHA-256 of each clip's embeddings or file; shows equal audio
  std::vector<data::ClipDigests> clip_digests;  // what a model will remember of them; empty: not known
  at::Tensor embeddings;                        // [n, dim] float32, or a row per window
  embeddings::WindowRows windows;               // empty: each row of embeddings is a clip
  std::int64_t layers = 1;                      // layers of the encoder, side by side in a row of embeddings
  at::Tensor labels;                            // [n, axes] double, output scale, NaN where missing
  at::Tensor baselines;     // [n, ablate.baseline_columns] double, unscaled, NaN where missing
  at::Tensor pair_weights;  // [n] double, data.weight_column; undefined if the recipe sets none
  heads::EncoderReference encoder;
  std::string audio_policy;  // CLAP only (models/clap/model.h); "" for other encoders
  std::string embeddings_sha256;
  std::string labels_sha256;
  std::int64_t unlabelled = 0;  // embeddings without a label row, which are left out

  std::int64_t size() const { return static_cast<std::int64_t>(paths.size()); }
};

// Reads the label file: everything but embeddings, encoder and embeddings_sha256. Throws as
// load_dataset() does.
Dataset load_labels(const Recipe& recipe);

// Reads and joins the files of [data]. Throws InvalidInput that names file and line: a missing column, a
// label that is not a number or outside label_scale, a path that occurs twice or has no embedding.
Dataset load_dataset(const Recipe& recipe);

}  // namespace qamro::training
