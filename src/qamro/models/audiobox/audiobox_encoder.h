#pragma once

#include <memory>
#include <string>

#include "qamro/embeddings/embedding_file.h"
#include "qamro/models/compute.h"
#include "qamro/models/model_folder.h"
#include "qamro/models/window_encoder.h"

namespace qamro::models {

// Layouts of an Audiobox-Aesthetics window. "pooled_layers": the mean over time of each of WavLM's layers,
// [layers + 1, dim] row by row; heads are trained on it. "scores": the scores of the model's own heads, one
// number per axis on the labels' scale.
using embeddings::kPooledLayers;
inline constexpr const char* kOwnScores = "scores";

// A model of kind "audiobox" as a frozen encoder, with consecutive windows of 10 s at 16 kHz. Throws
// CheckpointError if the weights do not fit, InvalidInput for another layout and for int8 on a GPU.
std::unique_ptr<WindowEncoder> load_audiobox_encoder(const ModelDescription& description,
                                                     const std::string& layout, const Compute& compute);

}  // namespace qamro::models
