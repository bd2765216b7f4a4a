#pragma once

#include <ATen/core/Tensor.h>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/embeddings/embedding_file.h"
#include "qamro/encoders/wavlm/module.h"
#include "qamro/heads/aesthetics_heads.h"
#include "qamro/heads/head_model.h"
#include "qamro/models/compute.h"
#include "qamro/models/model_folder.h"
#include "qamro/models/window_encoder.h"

namespace qamro::models {

// Audiobox-Aesthetics, `AesMultiOutput`: WavLM and four heads on its pooled layers.
struct AudioboxModel {
  std::string name;
  std::string summary;
  std::string licence;
  std::shared_ptr<encoders::wavlm::WavLmModule> encoder;
  heads::AestheticsHeads heads;
  std::vector<heads::HeadAxis> axes;  // the axes of `heads`, in the same order
  nlohmann::ordered_json provenance = nlohmann::ordered_json::object();
};

// Reads a model of kind "audiobox": qamro's folder or a published file (config.h). The encoder's
// parameters stay in the file's mapping. Throws CheckpointError that names the file and the tensor, key or
// axis: missing, unexpected or misshapen ones, and settings that contradict the tensors.
AudioboxModel load_audiobox_model(const ModelDescription& description);

// Writes model.json and model.safetensors, which has the published tensor names. Each file is written to a
// temporary file, then renamed. Throws FileError.
//
// Beside the keys of every model (model_folder.h), model.json has "encoder_config" (wavlm/config_json.h),
// "model_cfg" (config.h) and each axis' target_transform.
void save_audiobox_model(const std::filesystem::path& folder, const AudioboxModel& model);

// Converts scores from the training scale, [n, axes], to the axes' labels, [n, axes] double.
at::Tensor to_labels(const std::vector<heads::HeadAxis>& axes, const at::Tensor& training);

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
