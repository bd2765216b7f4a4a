#include "qamro/models/audiobox/wavlm_start.h"

#include <filesystem>

#include "qamro/encoders/wavlm/config_json.h"
#include "qamro/encoders/wavlm/state_dict.h"
#include "qamro/io/pickle_json.h"
#include "qamro/models/audiobox/audiobox_model.h"

namespace qamro::models {
namespace wavlm = encoders::wavlm;

std::optional<ModelDescription> describe_wavlm_checkpoint(const WeightsFile& file) {
  if (file.is_safetensors()) return std::nullopt;
  const auto* top = file.checkpoint().get_if<io::PickleDict>();
  if (top == nullptr || top->find("cfg") == nullptr || top->find("model") == nullptr) return std::nullopt;
  ModelDescription description;
  description.name = file.path().stem().string();
  description.kind = kWavLmCheckpoint;
  description.folder = std::filesystem::absolute(file.path()).parent_path();
  description.weights = file.path();
  description.document = {{"name", description.name},
                          {"kind", kWavLmCheckpoint},
                          {"encoder_config", io::to_json(*top->find("cfg"), file.path().string() + ": cfg")}};
  return description;
}

std::shared_ptr<wavlm::WavLmModule> load_wavlm(const ModelDescription& description) {
  if (description.kind != kWavLmCheckpoint) return load_audiobox_model(description).encoder;
  const std::string file = description.weights.string();
  const auto config = wavlm::config_from_json(description.document.at("encoder_config"), file + ": cfg");
  return wavlm::module_from_state_dict(description.tensors("model"), file, &config);
}

}  // namespace qamro::models
