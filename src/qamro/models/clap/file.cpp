#include "qamro/models/clap/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/encoders/clap/module.h"
#include "qamro/heads/clap_heads.h"
#include "qamro/heads/head_model.h"
#include "qamro/hub/environment.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/pickle_value.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kParallel = "module.";
constexpr std::string_view kPaper = "upstream_model.model.";
constexpr std::string_view kHuggingFace = "audio_model.audio_encoder.";
constexpr std::string_view kLaion = "audio_branch.";

enum class Layout { none, laion, paper, hugging_face };

template <typename Names>
Layout layout_of(const Names& names) {
  Layout layout = Layout::none;
  for (const auto& item : names) {
    const std::string_view name = item.first;
    if (name.starts_with(kPaper)) return Layout::paper;
    if (name.starts_with(kHuggingFace)) layout = Layout::hugging_face;
    if (name.starts_with(kLaion) || name.starts_with("module.audio_branch.")) layout = Layout::laion;
  }
  return layout;
}

Layout layout_of_checkpoint(const WeightsFile& file) {
  file.checkpoint();  // throws if it is not a torch checkpoint
  try {
    return layout_of(file.tensors());
  } catch (const CheckpointError&) {
    return Layout::none;  // a checkpoint of other tensors
  }
}

// Null if config.json does not exist or is not JSON.
Json read_config(const fs::path& folder) {
  try {
    return io::read_json(folder / "config.json");
  } catch (const Error&) {
    return {};
  }
}

bool is_hugging_face(const Json& config) {
  return config.is_object() && config.value("model_type", Json()) == "clap";
}

Json axes_of_heads() {
  Json axes = Json::array();
  for (const char* axis : heads::kClapAxes)
    axes.push_back(to_json(heads::HeadAxis{axis, {1.0, 5.0}, {1.0, 5.0}, {}}));
  return axes;
}

Json text_settings(const Json& config, const std::string& file) {
  Json text = is_hugging_face(config) ? config.value("text_config", Json::object()) : Json::object();
  if (!text.is_object()) text = Json::object();
  const encoders::roberta::RobertaConfig laion;
  const io::JsonSettings settings(text, file + ": text_config");
  return {{"text_heads", settings.optional_in_range("num_attention_heads", 1, kMaxTextHeads, laion.heads)},
          {"text_norm_epsilon",
           settings.optional_in_range("layer_norm_eps", kTextNormEpsilon,
                                      is_hugging_face(config) ? 1e-12 : laion.norm_epsilon)}};
}

std::string name_of_file(const fs::path& weights, const fs::path& folder) {
  const bool is_of_folder = weights.filename() == "model.safetensors" ||
                            weights.filename() == "pytorch_model.bin" || fs::exists(folder / "vocab.json");
  return is_of_folder ? folder.filename().string() : weights.stem().string();
}

}  // namespace

std::optional<fs::path> find_clap_file(const fs::path& folder) {
  const Json config = read_config(folder);
  if (is_hugging_face(config))
    for (const char* name : {"model.safetensors", "pytorch_model.bin"})
      if (fs::exists(folder / name)) return folder / name;
  if (!fs::exists(folder / "vocab.json")) return std::nullopt;
  std::vector<fs::path> checkpoints;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".pt") checkpoints.push_back(entry.path());
  return checkpoints.size() == 1 ? std::optional(checkpoints.front()) : std::nullopt;
}

std::optional<ModelDescription> describe_clap_file(const WeightsFile& file) {
  const fs::path& weights = file.path();
  const Json config = read_config(weights.parent_path());
  if (file.is_safetensors() && !is_hugging_face(config)) return std::nullopt;
  const Layout layout = file.is_safetensors() ? Layout::hugging_face : layout_of_checkpoint(file);
  if (layout == Layout::none) return std::nullopt;
  ModelDescription model;
  model.folder = fs::absolute(weights).lexically_normal().parent_path();
  model.name = name_of_file(weights, model.folder);
  model.kind = "clap";
  const bool has_heads = layout == Layout::paper;
  model.summary = has_heads ? "The paper's predictor of text-to-music, as its program saves it"
                            : "CLAP, as published: embeddings of audio and text";
  model.weights = weights;
  model.sample_rate_hz = encoders::htsat::HtsatConfig::kSampleRateHz;
  if (has_heads)
    for (const char* axis : heads::kClapAxes) model.axes.push_back({axis, 1.0, 5.0});
  model.document = {
      {"format_version", 1},
      {"name", model.name},
      {"summary", model.summary},
      {"kind", model.kind},
      {"weights", weights.filename().string()},
      {"axes", has_heads ? axes_of_heads() : Json::array()},
      {"audio_policy", has_heads ? "published" : "correct"},
      {"encoder_config", text_settings(config, (weights.parent_path() / "config.json").string())},
      {"sample_rate_hz", model.sample_rate_hz},
      {"mono_policy", "mean"}};
  if (has_heads) model.document["head_activation"] = "none";
  return model;
}

io::StateDict read_clap_tensors(const ModelDescription& description) {
  const std::string file = description.weights.string();
  const io::StateDict state = description.tensors();
  switch (layout_of(state)) {
    case Layout::hugging_face:
      return encoders::clap::from_hugging_face(state, file);
    case Layout::paper: {
      io::StateDict own = io::take_prefix(state, kPaper);
      for (const auto& [name, tensor] : state)
        if (!name.starts_with(kPaper)) own.emplace(name, tensor);
      return own;
    }
    case Layout::laion:
      if (state.begin()->first.starts_with(kParallel)) return io::take_prefix(state, kParallel);
      return state;
    case Layout::none:
      break;
  }
  throw CheckpointError(fmt::format("{}: expected a CLAP, with tensors named {}… or {}…, got none", file,
                                    kLaion, kHuggingFace));
}

fs::path find_vocabulary(const ModelDescription& description) {
  std::vector<fs::path> folders = {description.folder};
  if (const auto data = hub::folder_variable("QAMRO_DATA")) folders.push_back(*data / "roberta");
  if (const fs::path store = hub::model_store(); !store.empty())
    folders.insert(folders.end(), {store / "roberta-base", store / "clap-music"});
  for (const fs::path& folder : folders)
    if (fs::exists(folder / "vocab.json") && fs::exists(folder / "merges.txt")) return folder;
  std::vector<std::string> names;
  names.reserve(folders.size());
  for (const fs::path& folder : folders) names.push_back(folder.string());
  throw FileError(fmt::format(
      "model '{}': RoBERTa's vocabulary is missing, and prompts need it: expected vocab.json and merges.txt in one of {} ('qamro model fetch roberta-base' downloads them)",
      description.name, fmt::join(names, ", ")));
}

}  // namespace qamro::models
