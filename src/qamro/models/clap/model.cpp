#include "qamro/models/clap/model.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/version.h"
#include "qamro/encoders/clap/module.h"
#include "qamro/heads/head_model.h"
#include "qamro/io/json_reader.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
namespace clap = encoders::clap;
using Json = nlohmann::ordered_json;

encoders::roberta::RobertaConfig text_config(const io::JsonSettings& settings) {
  encoders::roberta::RobertaConfig config;
  if (!settings.has("encoder_config")) return config;
  const io::JsonSettings encoder = settings.part("encoder_config");
  config.heads = encoder.optional_in_range("text_heads", 1, kMaxTextHeads, config.heads);
  config.norm_epsilon = encoder.optional_in_range("text_norm_epsilon", kTextNormEpsilon, config.norm_epsilon);
  return config;
}

// model.json may state the size that the tensors must have.
void check_size(const io::JsonSettings& settings, const clap::ClapModule& module, const std::string& file) {
  if (!settings.has("encoder_config")) return;
  const std::string found = module.audio_branch->config().name();
  const auto expected = settings.part("encoder_config").optional<std::string>("audio", found);
  if (expected != found)
    throw CheckpointError(fmt::format("{}: expected tensors of {}, as model.json says, got those of {}", file,
                                      expected, found));
}

ClapAudioPolicy parse_policy(const io::JsonSettings& settings, const std::string& file) {
  const auto name = settings.optional<std::string>("audio_policy", "correct");
  if (const auto policy = value_named<ClapAudioPolicy>(name)) return *policy;
  throw CheckpointError(fmt::format("{}: audio_policy: expected correct or published, got '{}'", file, name));
}

std::vector<heads::HeadAxis> read_clap_axes(const io::JsonSettings& settings, const std::string& file) {
  if (!settings.has("axes") || settings.json().at("axes").empty()) return {};
  std::vector<heads::HeadAxis> axes = heads::axes_from_json(settings);
  const auto is_named = [&](std::size_t i) { return axes[i].name == heads::kClapAxes[i]; };
  if (axes.size() != heads::kClapAxes.size() || !is_named(0) || !is_named(1))
    throw CheckpointError(fmt::format("{}: axes: expected {} and {}, or none, got others", file,
                                      heads::kClapAxes[0], heads::kClapAxes[1]));
  return axes;
}

std::optional<heads::ClapHeads> read_heads(const io::JsonSettings& settings, const io::StateDict& state,
                                           std::int64_t embedding_dim, const std::string& file) {
  const auto name = settings.optional<std::string>("head_activation", "relu");
  std::optional<heads::ClapHeads> heads;
  try {
    heads.emplace(heads::parse_activation(name), state, file);
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: head_activation: {}", file, error.what()));
  }
  if (heads->options().embedding_dim != embedding_dim)
    throw CheckpointError(fmt::format(
        "{}: tensor 'overall_mlp_layer1.weight': expected {} columns, as an embedding has, got {}", file,
        embedding_dim, heads->options().embedding_dim));
  return heads;
}

Json document_of(const ClapModel& model, const std::string& weights_sha256) {
  Json axes = Json::array();
  for (const heads::HeadAxis& axis : model.axes) axes.push_back(to_json(axis));
  const auto& text = model.encoder->text_branch->config();
  Json document = {{"format_version", 1},
                   {"name", model.name},
                   {"summary", model.summary},
                   {"kind", "clap"},
                   {"weights", heads::kWeightsFile},
                   {"sha256", weights_sha256},
                   {"licence", model.licence},
                   {"axes", axes},
                   {"sample_rate_hz", encoders::htsat::HtsatConfig::kSampleRateHz},
                   {"window_samples", encoders::htsat::HtsatConfig::kWindowSamples},
                   {"hop_samples", encoders::htsat::HtsatConfig::kWindowSamples},
                   {"mono_policy", "mean"},
                   {"audio_policy", name_of(model.audio_policy)},
                   {"encoder_config",
                    {{"audio", model.encoder->audio_branch->config().name()},
                     {"text_heads", text.heads},
                     {"text_norm_epsilon", text.norm_epsilon}}}};
  if (model.heads) document["head_activation"] = name_of(model.heads->options().activation);
  document["qamro_version"] = version();
  document["provenance"] = model.provenance;
  return document;
}

void copy_vocabulary(const fs::path& from, const fs::path& folder) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);  // writing into it tells what is wrong with it
  for (const char* name : {"vocab.json", "merges.txt"}) {
    const fs::path temporary = folder / (std::string(name) + ".part");
    std::error_code failure;
    if (fs::equivalent(from, folder, failure)) return;
    fs::copy_file(from / name, temporary, fs::copy_options::overwrite_existing, failure);
    if (!failure) fs::rename(temporary, folder / name, failure);
    if (failure) throw FileError(fmt::format("{}: {}", (folder / name).string(), failure.message()));
  }
}

}  // namespace

ClapModel load_clap_model(const ModelDescription& description) {
  const std::string file = description.weights.string(), said_in = settings_file(description);
  const io::JsonSettings settings(description.document, said_in);
  io::StateDict encoder, heads;
  for (const auto& [name, tensor] : read_clap_tensors(description))
    (heads::is_of_clap_heads(name) ? heads : encoder).emplace(name, tensor);
  ClapModel model{description.name,
                  description.summary,
                  description.licence,
                  parse_policy(settings, said_in),
                  clap::module_from_state_dict(encoder, file, text_config(settings)),
                  std::nullopt,
                  read_clap_axes(settings, said_in),
                  {},
                  description.document.value("provenance", Json::object())};
  check_size(settings, *model.encoder, file);
  if (model.axes.empty() != heads.empty())
    throw CheckpointError(fmt::format("{}: expected {}", file,
                                      heads.empty()
                                          ? "tensors of heads (overall_mlp_layer1.weight, …), got none"
                                          : "no heads, as there are no axes, got some"));
  if (!heads.empty()) model.heads = read_heads(settings, heads, model.encoder->embedding_dim(), file);
  if (fs::exists(description.folder / "vocab.json") && fs::exists(description.folder / "merges.txt"))
    model.vocabulary = description.folder;
  return model;
}

void save_clap_model(const fs::path& folder, const ClapModel& model) {
  io::StateDict tensors = clap::state_dict(*model.encoder);
  if (model.heads) tensors.merge(model.heads->named_parameters());
  if (!model.vocabulary.empty()) copy_vocabulary(model.vocabulary, folder);
  heads::write_model_files(folder, tensors,
                           [&](const std::string& sha256) { return document_of(model, sha256); });
}

}  // namespace qamro::models
