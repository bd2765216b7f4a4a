#include "qamro/models/audiobox/model.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/alignment.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/version.h"
#include "qamro/encoders/wavlm/config.h"
#include "qamro/encoders/wavlm/module.h"
#include "qamro/encoders/wavlm/packed.h"
#include "qamro/heads/head_model.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/state_dict.h"
#include "qamro/io/zip_archive.h"
#include "qamro/models/batched_encoder.h"
#include "qamro/nn/parallel.h"

namespace qamro::models {
namespace {

namespace wavlm = encoders::wavlm;
using Json = nlohmann::ordered_json;

constexpr const char* kEncoder = "wavlm_model.";

// In checkpoint.pt all names begin with "model."; in the other files none do.
io::StateDict read_tensors(const ModelDescription& description) {
  io::StateDict state = description.tensors("state_dict");
  const bool is_wrapped = !state.empty() && state.begin()->first.starts_with("model.") &&
                          state.rbegin()->first.starts_with("model.");
  return is_wrapped ? io::take_prefix(state, "model.") : state;
}

std::shared_ptr<wavlm::WavLmModule> load_encoder(const ModelDescription& description,
                                                 const io::StateDict& state, const std::string& file) {
  const auto tensors = io::take_prefix(state, kEncoder);
  if (tensors.empty())
    throw CheckpointError(fmt::format("{}: expected tensors named {}…, got none", file, kEncoder));
  const auto& document = description.document;
  if (!document.contains("encoder_config")) return wavlm::module_from_state_dict(tensors, file);
  const auto config = wavlm::config_from_json(document.at("encoder_config"),
                                              (description.folder / "model.json: encoder_config").string());
  return wavlm::module_from_state_dict(tensors, file, &config);
}

// A published file holds the settings that model.json lacks.
Json settings_of(const ModelDescription& description) {
  if (description.document.contains("model_cfg")) return description.document;
  if (description.file) return describe_audiobox_file(*description.file).document;
  return describe_audiobox_file(WeightsFile(description.weights)).document;
}

heads::AestheticsHeadsOptions heads_options(const Json& document, const wavlm::WavLmConfig& encoder,
                                            const std::string& file) {
  auto options = heads_options_from_json(document.at("model_cfg"), file + ": model_cfg", MissingKeys::refuse);
  options.dim = encoder.dim;
  options.layers = encoder.layers + 1;
  try {
    options.validate();
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: model_cfg: {}", file, error.what()));
  }
  return options;
}

// A tensor's address decides its alignment, which affects the last bits of products. A tensor that is not
// aligned like torch's own is copied: torch.save aligns tensors, safetensors puts them anywhere.
at::Tensor aligned(const at::Tensor& tensor) {
  const auto place = reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr());
  return place % c10::gAlignment == 0 ? tensor : tensor.clone();
}

io::StateDict without_encoder(const io::StateDict& state) {
  io::StateDict rest;
  for (const auto& [name, tensor] : state)
    if (!name.starts_with(kEncoder)) rest.emplace(name, aligned(tensor));
  return rest;
}

// Which tensors there have to be depends on the settings.
heads::AestheticsHeads make_heads(const heads::AestheticsHeadsOptions& options,
                                  const std::vector<heads::HeadAxis>& axes, const io::StateDict& state,
                                  const std::string& file, const std::string& said_in) {
  std::vector<std::string> names;
  names.reserve(axes.size());
  for (const heads::HeadAxis& axis : axes) names.push_back(axis.name);
  try {
    return {options, std::move(names), without_encoder(state), file};
  } catch (const CheckpointError& error) {
    throw CheckpointError(
        fmt::format("{} (expected as {} says: proj_num_layer {}, proj_ln {}, proj_dropout {}, nth_layer {})",
                    error.what(), said_in, options.projection_layers, options.layer_norm, options.dropout,
                    options.nth_layer));
  }
}

Json document_of(const AudioboxModel& model, const std::string& weights_sha256) {
  Json axes = Json::array();
  for (const heads::HeadAxis& axis : model.axes) axes.push_back(to_json(axis));
  const wavlm::WavLmConfig& encoder = model.encoder->config();
  return {{"format_version", 1},
          {"name", model.name},
          {"summary", model.summary},
          {"kind", "audiobox"},
          {"weights", heads::kWeightsFile},
          {"sha256", weights_sha256},
          {"licence", model.licence},
          {"axes", axes},
          {"sample_rate_hz", wavlm::WavLmConfig::kSampleRateHz},
          {"window_samples", encoder.window_samples},
          {"hop_samples", encoder.window_samples},
          {"mono_policy", "mean"},
          {"model_cfg", to_json(model.heads.options())},
          {"encoder_config", wavlm::to_json(encoder)},
          {"qamro_version", version()},
          {"provenance", model.provenance}};
}

}  // namespace

AudioboxModel load_audiobox_model(const ModelDescription& description) {
  const std::string file = description.weights.string(), said_in = settings_file(description);
  const Json document = settings_of(description);
  const io::StateDict state = read_tensors(description);
  auto encoder = load_encoder(description, state, file);
  const auto options = heads_options(document, encoder->config(), said_in);
  auto axes = heads::axes_from_json(io::JsonSettings(document, said_in));
  return {description.name,
          description.summary,
          description.licence,
          std::move(encoder),
          make_heads(options, axes, state, file, said_in),
          std::move(axes),
          description.document.value("provenance", Json::object())};
}

void save_audiobox_model(const std::filesystem::path& folder, const AudioboxModel& model) {
  io::StateDict tensors = model.heads.named_parameters();
  for (const auto& [name, tensor] : wavlm::state_dict(*model.encoder))
    tensors.emplace(kEncoder + name, tensor);
  heads::write_model_files(folder, tensors,
                           [&](const std::string& sha256) { return document_of(model, sha256); });
}

at::Tensor to_labels(const std::vector<heads::HeadAxis>& axes, const at::Tensor& training) {
  std::vector<at::Tensor> columns;
  for (std::size_t axis = 0; axis < axes.size(); ++axis)
    columns.push_back(axes[axis].target_transform.to_label(
        training.select(1, static_cast<std::int64_t>(axis)).to(at::kDouble)));
  return at::stack(columns, 1);
}

namespace {

namespace wavlm = encoders::wavlm;

at::Tensor tensor_of(std::span<const float> samples) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(samples.size())});
  std::ranges::copy(samples, tensor.mutable_data_ptr<float>());
  return tensor;
}

// Everything but the network.
class AudioboxEncoder : public WindowEncoder {
 public:
  AudioboxEncoder(std::vector<heads::HeadAxis> axes, heads::AestheticsHeads heads, bool gives_scores)
      : axes_(std::move(axes)), heads_(std::move(heads)), gives_scores_(gives_scores) {}

  int sample_rate_hz() const override { return wavlm::WavLmConfig::kSampleRateHz; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::fixed_hop_windows(samples, config().window_samples, config().window_samples);
  }
  std::int64_t dimension() const override {
    return gives_scores_ ? std::ssize(axes_) : (config().layers + 1) * config().dim;
  }
  std::string layout() const override { return gives_scores_ ? kOwnScores : kPooledLayers; }

 protected:
  virtual const wavlm::WavLmConfig& config() const = 0;

  // pooled: [n, layers + 1, dim]. Returns [n, dimension].
  at::Tensor rows_of(const at::Tensor& pooled) const {
    return gives_scores_ ? to_labels(axes_, heads_.forward(pooled)) : pooled;
  }

 private:
  std::vector<heads::HeadAxis> axes_;
  heads::AestheticsHeads heads_;
  bool gives_scores_;
};

class PlainAudioboxEncoder : public AudioboxEncoder {
 public:
  PlainAudioboxEncoder(AudioboxModel model, bool gives_scores, Precision precision)
      : AudioboxEncoder(std::move(model.axes), std::move(model.heads), gives_scores),
        network_(*model.encoder, precision, io::release_pages) {}

  std::vector<float> encode(std::span<const float> samples) const override {
    const c10::InferenceMode guard;
    const at::Tensor pooled = network_.pooled_layers(tensor_of(samples)).unsqueeze(0);
    const nn::SerialRegion serial;  // the heads' last bits must not depend on the number of threads
    return first_rows(rows_of(pooled), 1).front();
  }

 private:
  const wavlm::WavLmConfig& config() const override { return network_.config(); }

  wavlm::PackedWavLm network_;
};

heads::AestheticsHeads on(c10::Device device, const heads::AestheticsHeads& heads) {
  io::StateDict state;
  for (const auto& [name, tensor] : heads.named_parameters()) state.emplace(name, tensor.to(device));
  return {heads.options(), heads.axes(), state, "heads"};
}

class BatchedAudioboxEncoder : public BatchedEncoder<AudioboxEncoder> {
 public:
  BatchedAudioboxEncoder(AudioboxModel model, bool gives_scores, const Compute& compute)
      : BatchedEncoder(compute, std::move(model.axes), on(compute.device, model.heads), gives_scores),
        network_(std::move(model.encoder), compute.precision, compute.device, compute.batch_size) {}

 private:
  const wavlm::WavLmConfig& config() const override { return network_.config(); }
  at::Tensor encode_rows(std::span<const std::span<const float>> windows) const override {
    return rows_of(network_.pooled_layers(windows));
  }

  wavlm::DeviceWavLm network_;
};

}  // namespace

std::unique_ptr<WindowEncoder> load_audiobox_encoder(const ModelDescription& description,
                                                     const std::string& layout, const Compute& compute) {
  if (layout != kPooledLayers && layout != kOwnScores)
    throw InvalidInput(
        fmt::format("embedding layout of a model of kind audiobox: expected {} or {}, got '{}'",
                    kPooledLayers, kOwnScores, layout));
  compute.validate();
  auto model = load_audiobox_model(description);
  const bool gives_scores = layout == kOwnScores;
  if (!compute.in_batches())
    return std::make_unique<PlainAudioboxEncoder>(std::move(model), gives_scores, compute.precision);
  return std::make_unique<BatchedAudioboxEncoder>(std::move(model), gives_scores, compute);
}

}  // namespace qamro::models
