#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "qamro/data/ratings.h"
#include "qamro/data/split.h"
#include "qamro/data/training_clips.h"
#include "qamro/embeddings/window_rows.h"
#include "qamro/heads/head_model.h"
#include "qamro/training/recipe.h"

namespace qamro::training {

// The rows of all label files of a recipe, file after file, with columns by name. `qamro evaluate` reads
// labels the same way (data/ratings.h): csv, tsv or JSON lines, lists without a header, one row per clip or
// per rater.
class LabelFiles {
 public:
  // Reads data.labels, then data.validation_labels and data.test_labels if they are set. Numbers are read
  // from data.label_columns, data.weight_column and `more_numbers`. Throws FileError and InvalidInput as
  // data::read_ratings() does.
  explicit LabelFiles(const DataSection& data, const std::vector<std::string>& more_numbers = {});

  std::size_t size() const { return rows_.size(); }
  // Whether every file has this column.
  bool has(const std::string& column) const;
  // The texts or numbers of a column, one per row. Several raters' numbers become their mean; a missing value
  // becomes NaN. Throws InvalidInput that names the file if the column does not exist.
  std::vector<std::string> strings(const std::string& column) const;
  std::vector<double> numbers(const std::string& column) const;
  // Names that group clips, one per row. They are the texts of a column if every file has it. Otherwise
  // "system", "prompt" and "source" come from published names, and "recording" from the path
  // (data/published_name.h, data/system_rule.h); a path without that information gives "". `paths`:
  // those of the rows. names() throws InvalidInput if has_names() is false.
  bool has_names(const std::string& column, const std::vector<std::string>& paths) const;
  std::vector<std::string> names(const std::string& column, const std::vector<std::string>& paths) const;
  // The clips' names: data.path_column without data.path_prefix, which every path must begin with. Names must
  // be distinct.
  std::vector<std::string> paths(const DataSection& data) const;
  // "train", "validation" or "test" for each row, depending on its file.
  std::vector<std::string> sides() const;
  // "labels.csv:12"
  std::string where(std::size_t row) const;
  // The SHA-256 of the file; with several files, the SHA-256 of their hashes joined.
  std::string sha256() const;

 private:
  struct Row {
    std::size_t file;
    std::size_t row;  // in the file
  };

  std::vector<data::RatingTable> files_;
  std::vector<std::string> sides_;  // one per file
  std::vector<Row> rows_;
};

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
