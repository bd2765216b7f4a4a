#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "qamro/heads/head_model.h"
#include "qamro/losses/ranking.h"
#include "qamro/training/run_model.h"
#include "qamro/training/trainer_options.h"

namespace qamro::training {

// Clips of one side of a split.
struct Examples {
  std::vector<std::int64_t> clips;    // numbers that the model knows
  at::Tensor labels;                  // [n, axes] float32, output scale, NaN where missing
  std::vector<std::int64_t> systems;  // the number of each clip's system; empty: unknown
  std::vector<std::int64_t> groups;   // the number of each clip's prompt or listening test; empty: unknown
  at::Tensor weights;                 // [n] float64, for pairs in the ranking loss; undefined: all 1

  bool empty() const { return clips.empty(); }
};

// What the ranking loss needs beside the labels.
losses::RankingElements elements_of(const Examples& examples);

// Metrics over clips or over systems' means, averaged over axes. Empty if a metric is undefined (one clip,
// all equal).
struct MetricMeans {
  std::optional<double> mse, lcc, srcc, ktau;
};

struct ValidationMetrics {
  double loss = 0.0;
  MetricMeans utterance;
  std::optional<MetricMeans> system;  // only if the examples know their systems
};

// One line of metrics.jsonl.
struct EpochRecord {
  std::int64_t epoch = 0;  // the first is 1
  double loss = 0.0;       // of the training clips with dropout: mean over batches, weighted by batch size
  std::vector<double> loss_parts;
  std::optional<ValidationMetrics> validation;
  double learning_rate = 0.0;
  double gradient_norm = 0.0;  // before clipping, mean over batches
  double seconds = 0.0;
  bool is_best = false;
};

// Where a run keeps its checkpoint and metrics. Without a folder nothing is written.
struct RunFiles {
  std::filesystem::path folder;  // "": everything stays in memory
  std::string fingerprint;       // see epoch_files.h
  bool resume = false;           // continue from folder/last.safetensors if it exists
  bool keep_checkpoints = true;  // keep last.safetensors and best.safetensors at the end
};

struct FitResult {
  std::int64_t best_epoch = 0;  // the epoch whose weights the model holds now
  std::int64_t epochs = 0;
  std::optional<double> best_value;
  std::int64_t best_validation_epoch = 0;  // with the best monitor, even if patience is 0; 0: no validation
};

// Whether max_epochs ended the run while validation still improved: its best epoch is among the last
// `patience` ones, or the last tenth of max_epochs if patience is 0.
bool was_cut_short(const FitResult& result, const TrainerOptions& options);

// Called after every epoch, on the run's thread. If it returns false, the run writes its checkpoint
// and stops.
using EpochCallback = std::function<bool(const EpochRecord&)>;

// Trains `model` in place and leaves the best weights in it (the last ones if patience is 0). Random numbers
// come from `seed` alone, so a resumed run ends with the same bits as an uninterrupted one. output_scale:
// lowest and highest label. Throws InvalidInput (options, empty training part, patience without validation
// clips), and Error if the loss becomes NaN or infinite.
FitResult fit(TrainableModel& model, const Examples& train, const Examples& validation,
              const std::vector<heads::TargetTransform>& transforms, std::array<double, 2> output_scale,
              const TrainerOptions& options, std::uint64_t seed, const RunFiles& files = {},
              const EpochCallback& on_epoch = {});

}  // namespace qamro::training
