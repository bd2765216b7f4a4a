#include "qamro/models/audiobox/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "qamro/core/error.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/pickle_value.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The settings that `AesPredictor.setup_model` needs from a checkpoint. "precision" is not read: the
// reference always computes in float32.
constexpr std::array<const char*, 8> kSettings = {"proj_num_layer",  "proj_ln",   "proj_act_fn",
                                                  "proj_dropout",    "nth_layer", "use_weighted_layer_sum",
                                                  "normalize_embed", "output_dim"};

Json read_json(const fs::path& path) {
  if (!fs::exists(path)) throw FileError(fmt::format("{}: no such file, or not readable", path.string()));
  return io::read_json(path);
}

struct Settings {
  Json model_cfg;
  Json target_transform;
  std::string file;
  MissingKeys missing;
};

Settings settings_of_config(const fs::path& path) {
  const Json config = read_json(path);
  const io::JsonSettings settings(config, path.string());
  return {config, settings.part("target_transform").json(), path.string(), MissingKeys::default_value};
}

Settings settings_of_checkpoint(const WeightsFile& opened) {
  const fs::path& path = opened.path();
  const io::PickleValue& checkpoint = opened.checkpoint();
  const auto* top = checkpoint.get_if<io::PickleDict>();
  const std::string file = path.string();
  if (top == nullptr || top->find("state_dict") == nullptr)
    throw CheckpointError(fmt::format(
        "{}: expected a checkpoint of Audiobox-Aesthetics, a dict with 'state_dict', 'model_cfg' and 'target_transform', got {}",
        file, top == nullptr ? checkpoint.type_name() : "another dict"));
  const auto* model_cfg = top->find("model_cfg");
  const auto* transform = top->find("target_transform");
  if (model_cfg != nullptr && transform != nullptr)
    return {io::to_json(*model_cfg, file + ": model_cfg"),
            io::to_json(*transform, file + ": target_transform"), file, MissingKeys::refuse};
  const fs::path config = path.parent_path() / "config.json";
  if (model_cfg == nullptr && transform == nullptr && fs::exists(config)) return settings_of_config(config);
  throw CheckpointError(fmt::format(
      "{}: expected 'model_cfg' and 'target_transform' in the file, or save_pretrained's config.json beside it: {} missing",
      file,
      model_cfg != nullptr   ? "'target_transform' is"
      : transform != nullptr ? "'model_cfg' is"
                             : "all of them are"));
}

Json axes_to_json(const std::vector<heads::HeadAxis>& axes) {
  Json json = Json::array();
  for (const heads::HeadAxis& axis : axes) json.push_back(to_json(axis));
  return json;
}

}  // namespace

heads::AestheticsHeadsOptions heads_options_from_json(const Json& json, const std::string& file,
                                                      MissingKeys missing) {
  const io::JsonSettings settings(json, file);
  if (missing == MissingKeys::refuse)
    for (const char* key : kSettings)
      if (!settings.has(key)) throw CheckpointError(fmt::format("{}: key '{}' is missing", file, key));
  if (const auto outputs = settings.optional<std::int64_t>("output_dim", 1); outputs != 1)
    throw CheckpointError(fmt::format("{}: output_dim: expected 1 (a score), got {}", file, outputs));
  heads::AestheticsHeadsOptions options;
  options.projection_layers = settings.optional_in_range("proj_num_layer", 1, heads::kDeepestProjection, 1);
  options.layer_norm = settings.optional<bool>("proj_ln", false);
  options.dropout = settings.optional_in_range("proj_dropout", {0, 1, false, /*without_high=*/true}, 0.0);
  options.nth_layer = settings.optional_in_range("nth_layer", 1, heads::kMaxEncoderOutputs, 13);
  options.weighted_layer_sum = settings.optional<bool>("use_weighted_layer_sum", true);
  options.normalise_embedding = settings.optional<bool>("normalize_embed", true);
  try {
    options.activation = heads::parse_activation(settings.optional<std::string>("proj_act_fn", "gelu"));
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: proj_act_fn: {}", file, error.what()));
  }
  return options;
}

Json to_json(const heads::AestheticsHeadsOptions& options) {
  return {{"proj_num_layer", options.projection_layers},
          {"proj_ln", options.layer_norm},
          {"proj_act_fn", name_of(options.activation)},
          {"proj_dropout", options.dropout},
          {"nth_layer", options.nth_layer},
          {"use_weighted_layer_sum", options.weighted_layer_sum},
          {"normalize_embed", options.normalise_embedding},
          {"output_dim", 1}};
}

std::vector<heads::HeadAxis> axes_from_target_transform(const Json& json, const std::string& file) {
  const std::string where = file + ": target_transform";
  const io::JsonSettings settings(json, where);
  std::vector<heads::HeadAxis> axes;
  axes.reserve(kAestheticsAxes.size());
  for (const char* name : kAestheticsAxes)
    axes.push_back({name, {1.0, 10.0}, {1.0, 10.0}, heads::transform_from_json(settings.part(name))});
  for (const auto& [name, value] : json.items())
    if (std::ranges::find(kAestheticsAxes, name) == kAestheticsAxes.end())
      throw CheckpointError(fmt::format("{}: expected the axes {}, got '{}' as well", where,
                                        fmt::join(kAestheticsAxes, ", "), name));
  return axes;
}

ModelDescription describe_audiobox_file(const WeightsFile& file) {
  const fs::path& weights = file.path();
  const bool is_safetensors = file.is_safetensors();
  const Settings settings = is_safetensors ? settings_of_config(weights.parent_path() / "config.json")
                                           : settings_of_checkpoint(file);
  const auto options = heads_options_from_json(settings.model_cfg, settings.file, settings.missing);
  const auto axes = axes_from_target_transform(settings.target_transform, settings.file);
  const fs::path folder = fs::absolute(weights).lexically_normal().parent_path();
  ModelDescription model;
  const bool has_own_name = !is_safetensors && weights.filename() != "checkpoint.pt";
  model.name = has_own_name ? weights.stem().string() : folder.filename().string();
  model.kind = "audiobox";
  model.summary = "Audiobox-Aesthetics, as published";
  model.folder = folder;
  model.weights = weights;
  for (const heads::HeadAxis& axis : axes) model.axes.push_back({axis.name, axis.scale[0], axis.scale[1]});
  model.document = {{"format_version", 1},
                    {"name", model.name},
                    {"summary", model.summary},
                    {"kind", model.kind},
                    {"weights", weights.filename().string()},
                    {"axes", axes_to_json(axes)},
                    {"model_cfg", to_json(options)},
                    {"sample_rate_hz", model.sample_rate_hz},
                    {"mono_policy", "mean"}};
  return model;
}

}  // namespace qamro::models
