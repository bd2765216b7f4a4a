#pragma once

#include <filesystem>

#include "qamro/finetuning/encoder_training.h"

namespace qamro::finetuning {

// prepare_encoder_training() for WavLM (training.encoder, see wavlm_start.h) with heads on its pooled layers.
// Nothing is embedded beforehand; every file is opened once.
void prepare_wavlm_training(const training::Recipe& recipe, EncoderTraining& training,
                            const std::function<void()>& on_clip);

// Heads trained on the cached layers of a frozen encoder, or on those of one that was trained too, with that
// encoder as one model of kind "audiobox". `frozen` is the encoder of heads that were trained alone; null:
// the run holds its own.
void save_aesthetics_model(const std::filesystem::path& folder, training::FinalModel& model,
                           const predictors::ModelDescription* frozen);

// The encoder that embeddings were made with: recipe.model.encoder where the recipe names one, else by the
// name that the embeddings have it under. Throws InvalidInput where it is not found, is of another kind, or
// has other weights than those that the embeddings name.
predictors::ModelDescription frozen_encoder(const training::Recipe& recipe, const training::Dataset& dataset);

}  // namespace qamro::finetuning
