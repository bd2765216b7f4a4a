#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "qamro/io/state_dict.h"
#include "qamro/models/audio_clips.h"
#include "qamro/models/model_folder.h"
#include "qamro/training/cross_validation.h"

namespace torch::nn {
class Module;
}

namespace qamro::models {

// What is needed beside the recipe to train an encoder along with its heads.
struct EncoderTraining {
  training::Dataset dataset;                // Distill-MOS only: embeddings before training
  ModelDescription encoder;                 // where training starts
  std::shared_ptr<const AudioClips> clips;  // null for CLAP, which also has prompts
  training::RunModelFactory make_model;     // for training::ExecutionOptions
};

// Reads labels and encoder. Opens every clip before training starts, so that one InvalidInput can name all
// bad files: Distill-MOS embeds each clip, the other encoders only check the files. threads: windows embedded
// at a time. `on_clip` is called after each clip. Throws as load_labels and describe_model do, and
// InvalidInput for an encoder that cannot be trained here.
EncoderTraining prepare_encoder_training(const training::Recipe& recipe, int threads,
                                         const std::function<void()>& on_clip = {});

// Saves the trained model as a folder. Distill-MOS: the heads, and `encoder/` with the weights they were
// trained with. Other encoders: one model of encoder and heads.
void save_trained_model(const std::filesystem::path& folder, const EncoderTraining& training,
                        training::FinalModel& model);

// Finds the encoder that made the embeddings: recipe.model.encoder if the recipe sets it, or else the name
// stored with the embeddings. Throws InvalidInput if it is not found, has other heads than the recipe's
// (ModelKind::own_heads), or has other weights than those that the embeddings name.
ModelDescription frozen_encoder(const training::Recipe& recipe, const training::Dataset& dataset);

// Saves heads that were trained on embeddings: with their frozen encoder as one model, or without one as
// heads alone.
void save_heads(const std::filesystem::path& folder, const training::Dataset& dataset,
                training::FinalModel& model, const std::optional<ModelDescription>& frozen);

// Prefixes of a run's parameters, before the names that the encoder and the heads give them.
inline constexpr std::string_view kEncoderPrefix = "encoder.";
inline constexpr std::string_view kHeadsPrefix = "heads.";

// The parameters of a run, the encoder's and the heads', with these prefixes.
io::StateDict parameters_of_run(const torch::nn::Module& encoder, const io::StateDict& heads);

// The number after `prefix` in a name such as "…layers.3.linear1.weight"; -1 if there is none.
std::int64_t number_after(std::string_view name, std::string_view prefix);

}  // namespace qamro::models
