#pragma once

#include <filesystem>

#include "qamro/models/encoder_training.h"

namespace qamro::models {

// Does what prepare_encoder_training() does, for WavLM (training.encoder, see wavlm_start.h) with heads on
// its pooled layers. It embeds nothing and opens every file once.
void prepare_wavlm_training(const training::Recipe& recipe, EncoderTraining& training,
                            const std::function<void()>& on_clip);

// Saves heads and their encoder as one model of kind "audiobox". `frozen` is the encoder of heads that were
// trained on cached layers. If it is null, the encoder was trained too, and the run holds it.
void save_aesthetics_model(const std::filesystem::path& folder, training::FinalModel& model,
                           const ModelDescription* frozen);

}  // namespace qamro::models
