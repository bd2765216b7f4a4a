#pragma once

#include <filesystem>
#include <functional>

#include "qamro/models/encoder_training.h"

namespace qamro::models {

// Does what prepare_encoder_training() does, for Distill-MOS with MLP heads. It embeds every clip once.
// threads: windows embedded at a time.
void prepare_distillmos_training(const training::Recipe& recipe, int threads, EncoderTraining& training,
                                 const std::function<void()>& on_clip);

// Saves the heads, and in `encoder/` the weights that they were trained with.
void save_distillmos_training(const std::filesystem::path& folder, const EncoderTraining& training,
                              training::FinalModel& model);

}  // namespace qamro::models
