#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "qamro/finetuning/audio_clips.h"
#include "qamro/predictors/model_folder.h"
#include "qamro/training/cross_validation.h"

namespace qamro::finetuning {

// What is needed beside the recipe to train an encoder along with its heads.
struct EncoderTraining {
  training::Dataset dataset;                // Distill-MOS only: embeddings before training
  predictors::ModelDescription encoder;     // where training starts
  std::shared_ptr<const AudioClips> clips;  // null for CLAP, which also has prompts
  training::RunModelFactory make_model;     // for training::ExecutionOptions
};

// Reads labels and encoder. Opens every clip before training starts, so that one InvalidInput can name all
// bad files: Distill-MOS embeds each clip, the other encoders only check the files. threads: windows embedded
// at a time. `on_clip` is called after each clip. Throws as load_labels and describe_start do, and
// InvalidInput for an encoder that cannot be trained here.
EncoderTraining prepare_encoder_training(const training::Recipe& recipe, int threads,
                                         const std::function<void()>& on_clip = {});

// Saves the trained model as a folder. Distill-MOS: the heads, and `encoder/` with the weights they were
// trained with. Other encoders: one model of encoder and heads.
void save_trained_model(const std::filesystem::path& folder, const EncoderTraining& training,
                        training::FinalModel& model);

}  // namespace qamro::finetuning
