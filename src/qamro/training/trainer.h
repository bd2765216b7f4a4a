#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "qamro/predictors/head_model.h"
#include "qamro/training/trainer_options.h"

namespace qamro::training {

// Clips of one side of a split.
struct Examples {
  at::Tensor inputs;  // [n, dim] float32, standardised
  at::Tensor labels;  // [n, axes] float32, output scale, NaN where missing

  bool empty() const { return !inputs.defined() || inputs.size(0) == 0; }
};

// Means over axes; no value where a metric is undefined (one clip, all equal).
struct ValidationMetrics {
  double loss = 0.0;
  std::optional<double> mse, lcc, srcc, ktau;
};

// One line of metrics.jsonl.
struct EpochRecord {
  std::int64_t epoch = 0;  // the first is 1
  double loss = 0.0;       // of the training clips with dropout, mean over batches weighted by their size
  std::vector<double> loss_parts;
  std::optional<ValidationMetrics> validation;
  double learning_rate = 0.0;
  double seconds = 0.0;
  bool is_best = false;
};

// Where a run keeps its checkpoint and its metrics; nothing is written without a folder.
struct RunFiles {
  std::filesystem::path folder;  // "" keeps everything in memory
  std::string fingerprint;       // see checkpoint.h
  bool resume = false;           // continue from folder/last.safetensors where it exists
  bool keep_checkpoints = true;  // leave last.safetensors and best.safetensors behind
};

struct FitResult {
  std::int64_t best_epoch = 0;  // whose weights the heads hold now
  std::int64_t epochs = 0;
  std::optional<double> best_value;
};

// Called after every epoch, from the thread of the run; false stops the run after writing its checkpoint.
using EpochCallback = std::function<bool(const EpochRecord&)>;

// Trains `heads` in place and leaves the best weights in them (the last ones where patience is 0). Random
// numbers come from `seed` alone, so a run that is stopped and resumed ends with the same bits as one that
// was not. Throws InvalidInput (options, empty training part, patience without validation clips) and Error
// when the loss stops being a number.
FitResult fit(predictors::Heads& heads, const Examples& train, const Examples& validation,
              const std::vector<predictors::TargetTransform>& transforms, const TrainerOptions& options,
              std::uint64_t seed, const RunFiles& files = {}, const EpochCallback& on_epoch = {});

}  // namespace qamro::training
