#pragma once

#include <filesystem>
#include <functional>

#include "qamro/finetuning/encoder_training.h"

namespace qamro::finetuning {

// prepare_encoder_training() for a model of kind "clap" with the paper's heads on it (model.head_kind
// "clap"). Nothing is embedded beforehand; every file is opened once. Throws InvalidInput that names all
// clips without a prompt in data.prompts, or all that cannot be read.
void prepare_clap_training(const training::Recipe& recipe, EncoderTraining& training,
                           const std::function<void()>& on_clip);

// Heads trained on the embeddings of a frozen CLAP, or along with one, as one model of kind "clap".
// `started_from` is the CLAP that gave the embeddings, or that training began with.
void save_clap_training(const std::filesystem::path& folder, const training::Dataset& dataset,
                        training::FinalModel& model, const predictors::ModelDescription& started_from);

}  // namespace qamro::finetuning
