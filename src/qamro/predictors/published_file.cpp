#include "qamro/predictors/published_file.h"

#include "qamro/encoders/distillmos/config.h"
#include "qamro/io/torch_checkpoint.h"
#include "qamro/predictors/audiobox_config.h"

namespace qamro::predictors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool is_distillmos(const fs::path& weights) {
  const io::PickleValue checkpoint = io::load_torch_checkpoint(weights);
  const auto* top = checkpoint.get_if<io::PickleDict>();
  const auto* entry = top == nullptr ? nullptr : top->find("model");
  const auto* tensors = entry == nullptr ? nullptr : entry->get_if<io::PickleDict>();
  return tensors != nullptr && tensors->find("cnn.cnn.0.weight") != nullptr;
}

ModelDescription describe_distillmos_file(const fs::path& weights) {
  ModelDescription model;
  model.name = weights.stem().string();
  model.kind = "distillmos";
  model.summary = "Distill-MOS with its own head: overall quality of speech";
  model.folder = fs::absolute(weights).lexically_normal().parent_path();
  model.weights = weights;
  model.axes = {{"mos", 1, 5}};
  model.document = {{"format_version", 1},
                    {"name", model.name},
                    {"summary", model.summary},
                    {"kind", model.kind},
                    {"weights", weights.filename().string()},
                    {"axes", Json::array({Json{{"name", "mos"}, {"scale", {1, 5}}}})},
                    {"sample_rate_hz", model.sample_rate_hz},
                    {"window_samples", encoders::distillmos::DistillMosConfig::kWindowSamples},
                    {"hop_samples", 16000},
                    {"mono_policy", "mean"}};
  return model;
}

}  // namespace

bool is_published_file(const fs::path& file) {
  if (!fs::is_regular_file(file)) return false;
  return file.extension() == ".pt" ||
         (file.extension() == ".safetensors" && fs::exists(file.parent_path() / "config.json"));
}

std::optional<fs::path> model_in(const fs::path& folder) {
  if (fs::exists(folder / "model.json")) return folder;
  if (fs::exists(folder / "config.json") && fs::exists(folder / "model.safetensors"))
    return folder / "model.safetensors";
  if (fs::exists(folder / "checkpoint.pt")) return folder / "checkpoint.pt";
  return std::nullopt;
}

ModelDescription describe_published_file(const fs::path& weights) {
  if (weights.extension() != ".safetensors" && is_distillmos(weights))
    return describe_distillmos_file(weights);
  return describe_audiobox_file(weights);
}

}  // namespace qamro::predictors
