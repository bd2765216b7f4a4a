#pragma once

#include <filesystem>
#include <functional>

#include "qamro/models/encoder_training.h"

namespace qamro::models {

// Does what prepare_encoder_training() does, for a model of kind "clap" with the paper's heads
// (model.head_kind "clap"). It embeds nothing and opens every file once. Throws InvalidInput that names all
// clips without a prompt in data.prompts, or all that cannot be read.
void prepare_clap_training(const training::Recipe& recipe, EncoderTraining& training,
                           const std::function<void()>& on_clip);

// Saves heads that were trained on the embeddings of a frozen CLAP, or together with a CLAP, as one model of
// kind "clap". `started_from` is the CLAP that made the embeddings or that training started from.
void save_clap_training(const std::filesystem::path& folder, const training::Dataset& dataset,
                        training::FinalModel& model, const ModelDescription& started_from, bool with_encoder);

}  // namespace qamro::models
