#include "qamro/finetuning/wavlm_start.h"

#include <filesystem>
#include <optional>

#include "qamro/encoders/wavlm/config_json.h"
#include "qamro/encoders/wavlm/state_dict.h"
#include "qamro/io/pickle_json.h"
#include "qamro/io/torch_checkpoint.h"
#include "qamro/predictors/audiobox_model.h"
#include "qamro/predictors/registry.h"

namespace qamro::finetuning {
namespace {

namespace wavlm = encoders::wavlm;

// Empty if the file is another kind of checkpoint.
std::optional<predictors::ModelDescription> describe_checkpoint(const std::filesystem::path& file) {
  const io::PickleValue checkpoint = io::load_torch_checkpoint(file);
  const auto* top = checkpoint.get_if<io::PickleDict>();
  if (top == nullptr || top->find("cfg") == nullptr || top->find("model") == nullptr) return std::nullopt;
  predictors::ModelDescription description;
  description.name = file.stem().string();
  description.kind = kWavLmCheckpoint;
  description.folder = std::filesystem::absolute(file).parent_path();
  description.weights = file;
  description.document = {{"name", description.name},
                          {"kind", kWavLmCheckpoint},
                          {"encoder_config", io::to_json(*top->find("cfg"), file.string() + ": cfg")}};
  return description;
}

}  // namespace

predictors::ModelDescription describe_start(const std::string& name_or_path) {
  const std::filesystem::path path(name_or_path);
  if (path.extension() == ".pt" && std::filesystem::is_regular_file(path))
    if (auto description = describe_checkpoint(path)) return *description;
  return predictors::describe_model(name_or_path);
}

std::shared_ptr<wavlm::WavLmModule> load_wavlm(const predictors::ModelDescription& description) {
  if (description.kind != kWavLmCheckpoint) return predictors::load_audiobox_model(description).encoder;
  const std::string file = description.weights.string();
  const auto config = wavlm::config_from_json(description.document.at("encoder_config"), file + ": cfg");
  return wavlm::module_from_state_dict(io::load_state_dict(description.weights, "model"), file, &config);
}

}  // namespace qamro::finetuning
