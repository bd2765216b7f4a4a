#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "audio/sound_file.h"
#include "qamro/core/error.h"
#include "qamro/models/encoder_training.h"
#include "training/synthetic_data.h"

// What the tests of training share, whatever the kind of the encoder.
namespace qamro::models {

inline constexpr int kTrainingRateHz = 16000;

inline void write_training_clip(const std::filesystem::path& path, const std::vector<float>& samples) {
  std::filesystem::copy_file(test::write_sound(path.filename().string(), samples, kTrainingRateHz, 1,
                                               SF_FORMAT_WAV | SF_FORMAT_FLOAT),
                             path);
}

// Trains `folder`/small on the clips in `folder`/audio, which also has labels.csv: one seed, two epochs.
inline training::Recipe encoder_recipe(const std::filesystem::path& folder) {
  training::Recipe recipe = training::small_recipe();
  recipe.data.embeddings.clear();
  recipe.data.audio = (folder / "audio").string();
  recipe.data.labels = (folder / "audio/labels.csv").string();
  recipe.model.encoder = (folder / "small").string();
  recipe.seeds = {3};
  recipe.trainer.max_epochs = 2;
  recipe.trainer.micro_batch = 2;
  recipe.trainer.optimizer.learning_rate = 1e-3;
  recipe.trainer.checkpoint_interval_seconds = 0;
  return recipe;
}

// Over all tensors together.
inline double relative_difference(const io::StateDict& a, const io::StateDict& b) {
  EXPECT_EQ(a.size(), b.size());
  double difference = 0, size = 0;
  for (const auto& [name, tensor] : a) {
    difference += (tensor - b.at(name)).square().sum().item<double>();
    size += b.at(name).square().sum().item<double>();
  }
  return std::sqrt(difference / size);
}

// Trains into `folder` and saves `folder`/model. Stops after `stop_after` epochs (0: never) and then resumes.
inline void train_with_a_stop(const training::Recipe& recipe, const std::filesystem::path& folder,
                              std::int64_t stop_after) {
  const EncoderTraining training = prepare_encoder_training(recipe, 1);
  training::ExecutionOptions options;
  options.threads = 1;
  options.folder = folder;
  options.make_model = training.make_model;
  const auto folds = training::make_folds(recipe, training.dataset);
  std::int64_t epochs = 0;
  options.on_progress = [&](const training::RunProgress& progress) {
    if (progress.epoch != nullptr && ++epochs == stop_after) throw Error("stopped");
  };
  for (const bool resume : {false, true}) try {
      options.resume = resume;
      const auto result = training::cross_validate(recipe, training.dataset, folds, options);
      auto model = training::train_final_model(recipe, training.dataset, result, options);
      save_trained_model(folder / "model", training, model);
      break;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "stopped");
    }
}

}  // namespace qamro::models
