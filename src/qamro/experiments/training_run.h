#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "qamro/evaluation/evaluate.h"
#include "qamro/models/encoder_training.h"
#include "qamro/training/cross_validation.h"

// What `qamro train` does, step by step: load, split into folds (training::make_folds), train.
namespace qamro::experiments {

// What a run trains on: cached embeddings, or audio with an encoder that is trained too.
struct TrainingSource {
  training::Dataset dataset;
  std::optional<models::EncoderTraining> encoder;
  std::optional<models::ModelDescription> frozen;  // the encoder that made the cached layers
};

// `on_clip` is called for each clip of audio that is read. Throws as training::load_dataset,
// models::frozen_encoder and models::prepare_encoder_training do.
TrainingSource load_training_source(const training::Recipe& recipe,
                                    const std::function<void()>& on_clip = {});

// The most epochs that all runs take together, the final model's among them if they take long.
std::int64_t max_total_epochs(const training::Recipe& recipe, const TrainingSource& source,
                              const std::vector<training::Fold>& folds);

struct TrainedModel {
  std::filesystem::path folder;
  evaluation::Evaluation out_of_fold;  // intervals are over the groups that the folds keep together
  training::RunEnds ends;              // also in model.json: "runs" of its provenance
};

// Cross-validates, trains the final model on all clips, and writes into the run's folder out_of_fold.csv,
// answer.txt, metrics.jsonl and model/ (see training/run_folder.h). `on_progress` hears of the final model's
// runs only if an encoder is trained too: heads alone are too quick.
TrainedModel train_model(const training::Recipe& recipe, const TrainingSource& source,
                         const std::vector<training::Fold>& folds, const std::filesystem::path& folder,
                         bool resume, const std::function<void(const training::RunProgress&)>& on_progress);

}  // namespace qamro::experiments
