#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "qamro/finetuning/audio_clips.h"
#include "qamro/predictors/model_folder.h"
#include "qamro/training/cross_validation.h"

namespace qamro::finetuning {

// What training an encoder along with its heads needs beside the recipe.
struct EncoderTraining {
  training::Dataset dataset;                // its embeddings are those of the encoder before training
  predictors::ModelDescription encoder;     // that training starts from
  std::shared_ptr<const AudioClips> clips;  // null for CLAP, which has prompts beside them
  training::RunModelFactory make_model;     // for training::ExecutionOptions
};

// Reads labels and encoder, and embeds every clip once, which shows bad files before the work: all of them
// are named in one InvalidInput. threads: windows embedded at a time. `on_clip` is called for each clip done.
// Throws as load_labels and open_encoder do, and InvalidInput for an encoder that cannot be trained here.
EncoderTraining prepare_encoder_training(const training::Recipe& recipe, int threads,
                                         const std::function<void()>& on_clip = {});

// The trained model as a folder: the heads, and `encoder/` with the weights they were trained with.
void save_trained_model(const std::filesystem::path& folder, const EncoderTraining& training,
                        training::FinalModel& model);

}  // namespace qamro::finetuning
