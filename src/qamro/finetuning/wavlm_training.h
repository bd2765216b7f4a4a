#pragma once

#include <filesystem>

#include "qamro/finetuning/encoder_training.h"

namespace qamro::finetuning {

// Does what prepare_encoder_training() does, for WavLM (training.encoder, see wavlm_start.h) with heads on
// its pooled layers. It embeds nothing and opens every file once.
void prepare_wavlm_training(const training::Recipe& recipe, EncoderTraining& training,
                            const std::function<void()>& on_clip);

// Saves heads and their encoder as one model of kind "audiobox". `frozen` is the encoder of heads that were
// trained on cached layers. If it is null, the encoder was trained too, and the run holds it.
void save_aesthetics_model(const std::filesystem::path& folder, training::FinalModel& model,
                           const predictors::ModelDescription* frozen);

// Finds the encoder that made the embeddings: recipe.model.encoder if the recipe sets it, or else the name
// stored with the embeddings. Throws InvalidInput if it is not found, is of another kind, or has other
// weights than those that the embeddings name.
predictors::ModelDescription frozen_encoder(const training::Recipe& recipe, const training::Dataset& dataset);

}  // namespace qamro::finetuning
