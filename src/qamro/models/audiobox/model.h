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
#include "qamro/models/encoder.h"
#include "qamro/models/model_folder.h"

namespace qamro::models {

// The axes in qamro's order, scale 1 to 10. Published files list them in alphabetical order, which makes no
// difference because everything is found by name.
inline constexpr std::array<const char*, 4> kAestheticsAxes = {"PQ", "PC", "CE", "CU"};

// The variants of the heads, under the reference's names (proj_num_layer, …). They are in "model_cfg" of
// checkpoint.pt and of qamro's model.json, or in a Hugging Face folder's config.json. The sizes of the
// encoder are not part of them. A missing key is refused, or takes the default of the reference's
// constructor. Throws CheckpointError.
enum class MissingKeys { refuse, default_value };
heads::AestheticsHeadsOptions heads_options_from_json(const nlohmann::ordered_json& json,
                                                      const std::string& file, MissingKeys missing);
nlohmann::ordered_json to_json(const heads::AestheticsHeadsOptions& options);

// Reads {"CE": {"mean", "std"}, …} of the published files. Throws CheckpointError that names the axis that is
// missing, unknown, or not finite with std > 0.
std::vector<heads::HeadAxis> axes_from_target_transform(const nlohmann::ordered_json& json,
                                                        const std::string& file);

// Describes a published file as qamro's model.json would (kind "audiobox", see model_folder.h). The file is
// one of
// - a torch checkpoint {"state_dict", "model_cfg", "target_transform"};
// - a torch checkpoint with state_dict alone, beside a config.json (as the paper's track 2 program
//   writes them);
// - a model.safetensors beside a config.json.
// Reads settings, not tensors. Throws FileError, and CheckpointError that says what is missing.
ModelDescription describe_audiobox_file(const WeightsFile& file);

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

// Reads a model of kind "audiobox": qamro's folder or a published file. The encoder's parameters stay in
// the file's mapping. Throws CheckpointError that names the file and the tensor, key or axis: missing,
// unexpected or misshapen ones, and settings that contradict the tensors.
AudioboxModel load_audiobox_model(const ModelDescription& description);

// Writes model.json and model.safetensors, which has the published tensor names. Each file is written to a
// temporary file, then renamed. Throws FileError.
//
// Beside the keys of every model (model_folder.h), model.json has "encoder_config" (wavlm/config.h),
// "model_cfg" (see above) and each axis' target_transform.
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
