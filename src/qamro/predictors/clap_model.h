#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/encoders/clap/module.h"
#include "qamro/predictors/clap_heads.h"
#include "qamro/predictors/head_model.h"
#include "qamro/predictors/model_folder.h"

namespace qamro::predictors {

// How audio comes to CLAP.
//   correct    as LAION's package reads files: resampled to 48 kHz by libsoxr, mono, rounded to 16 bits; here
//              in windows of 10 s, one behind the other, whose embeddings are averaged by length (the package
//              takes a random 10 s; less than 0.1 s at the end is left out). A shorter window is repeated
//              whole, then zero-padded.
//   published  as the paper's code does: at whatever rate the file has, its first 480,000 samples, a shorter
//              clip repeated and padded as above. (In its batches that code pads clips to the longest one
//              first, which makes a score depend on the others; here a clip is by itself.)
enum class ClapAudioPolicy { correct, published };
std::string_view name_of(ClapAudioPolicy policy);

// CLAP, and the paper's two heads on it; without heads it gives embeddings, and no score.
struct ClapModel {
  std::string name;
  std::string summary;
  std::string licence;
  ClapAudioPolicy audio_policy = ClapAudioPolicy::correct;
  std::shared_ptr<encoders::clap::ClapModule> encoder;
  std::optional<ClapHeads> heads;
  std::vector<HeadAxis> axes;             // MI and TA, or none without heads
  std::filesystem::path vocabulary = {};  // folder of vocab.json and merges.txt; "": see find_vocabulary()
  nlohmann::ordered_json provenance = nlohmann::ordered_json::object();
};

// Reads a model of kind "clap": qamro's folder or a published file (clap_file.h). The parameters lie in the
// file's mapping. Throws CheckpointError that names file and tensor or key: what is missing, unexpected or
// misshapen, settings that contradict the tensors, a fusion model.
ClapModel load_clap_model(const ModelDescription& description);

// Writes model.json and model.safetensors, in which LAION's and the published heads' names are kept, and
// copies vocab.json and merges.txt where model.vocabulary has them. All aside and renamed. Throws FileError.
//
// model.json has, beside what every model has (model_folder.h): "audio_policy", "head_activation" (with
// heads), each axis' target_transform, and "encoder_config": {"audio": "HTSAT-base", "text_heads",
// "text_norm_epsilon"}.
void save_clap_model(const std::filesystem::path& folder, const ClapModel& model);

}  // namespace qamro::predictors
