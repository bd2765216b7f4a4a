#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/heads/aesthetics_heads.h"
#include "qamro/heads/head_model.h"
#include "qamro/models/model_folder.h"

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

// Reads a model of kind "audiobox": qamro's folder or a published file (audiobox_config.h). The encoder's
// parameters stay in the file's mapping. Throws CheckpointError that names the file and the tensor, key or
// axis: missing, unexpected or misshapen ones, and settings that contradict the tensors.
AudioboxModel load_audiobox_model(const ModelDescription& description);

// Writes model.json and model.safetensors, which has the published tensor names. Each file is written to a
// temporary file, then renamed. Throws FileError.
//
// Beside the keys of every model (model_folder.h), model.json has "encoder_config" (wavlm/config_json.h),
// "model_cfg" (audiobox_config.h) and each axis' target_transform.
void save_audiobox_model(const std::filesystem::path& folder, const AudioboxModel& model);

// Converts scores from the training scale, [n, axes], to the axes' labels, [n, axes] double.
at::Tensor to_labels(const std::vector<heads::HeadAxis>& axes, const at::Tensor& training);

}  // namespace qamro::models
