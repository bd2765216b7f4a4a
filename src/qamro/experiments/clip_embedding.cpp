#include "qamro/experiments/clip_embedding.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qamro/core/version.h"
#include "qamro/io/safetensors.h"
#include "qamro/models/clap/clap_encoder.h"
#include "qamro/models/model_kind.h"
#include "qamro/models/registry.h"
#include "qamro/training/embedding_set.h"

namespace qamro::experiments {
namespace {

bool is_by_window(const ClipEncoder& encoder) {
  return encoder.audio->layout() == training::kPooledLayers;
}

// What is wrong with a clip's prompt, or "".
std::string prompt_error(const ClipEncoder& encoder, const data::Clip& clip) {
  if (!encoder.prompts) return "";
  if (clip.prompt) return encoder.prompts->at(*clip.prompt).error;
  return fmt::format("{}: it has no prompt{}{}", clip.path_as_given, clip.prompt_error.empty() ? "" : ": ",
                     clip.prompt_error);
}

template <typename T>
void add_all(std::vector<T>& values, const std::vector<T>& others) {
  values.insert(values.end(), others.begin(), others.end());
}

void add_clip(const ClipEncoder& encoder, const data::Clip& clip, const models::EncodedClip& encoded,
              ClipEmbeddings& result) {
  result.paths.push_back(clip.path_as_given);
  result.systems.push_back(clip.system.value_or(""));
  result.windows.push_back(std::ssize(encoded.windows));
  for (const audio::Window& window : encoded.windows) result.valid_samples.push_back(window.length_samples);
  if (is_by_window(encoder))
    for (const auto& vector : encoded.vectors) add_all(result.values, vector);
  else
    add_all(result.values, models::clip_vector(*encoder.audio, {encoded.vectors, encoded.windows}));
  if (encoder.prompts) add_all(result.values, encoder.prompts->at(*clip.prompt).vector);
}

// The encoder behind a model: heads trained on the file will name it.
models::ModelDescription describe_encoder_of(const std::string& model) {
  auto description = models::describe_model(model);
  if (auto encoder = models::kind_of(description).encoder_of(description)) return *std::move(encoder);
  return description;
}

std::string json_list(const std::vector<std::string>& texts) {
  return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string ClipEncoder::layout() const {
  return prompts ? models::kClapAudioAndText : audio->layout();
}

bool gives_text(const std::string& model, const std::string& layout, std::span<const data::Clip> clips) {
  const auto encoder = describe_encoder_of(model);
  if (!models::kind_of(encoder).reads_prompts()) return false;
  if (!layout.empty()) return layout == models::kClapAudioAndText;
  return std::ranges::any_of(clips, [](const data::Clip& clip) { return clip.prompt.has_value(); });
}

ClipEncoder open_clip_encoder(const std::string& model, const models::Compute& compute,
                              const std::string& layout, const std::string& audio_policy,
                              const std::vector<data::Clip>& clips, int threads) {
  const bool has_text = gives_text(model, layout, clips);
  ClipEncoder encoder;
  encoder.audio = models::open_encoder(model, compute, has_text ? models::kClapAudio : layout, audio_policy);
  if (!has_text) return encoder;
  const auto text = models::open_text_encoder(model);
  encoder.prompts = models::encode_prompts(*text, clips, threads);
  encoder.text_dimension = text->dimension();
  return encoder;
}

ClipEmbeddings embed_clips(const ClipEncoder& encoder, std::span<const data::Clip> clips,
                           const models::EncodingOptions& encoding,
                           const std::function<void(const std::string& error)>& on_clip) {
  ClipEmbeddings result;
  models::encode_clips(*encoder.audio, clips, encoding,
                       [&](std::size_t index, models::EncodedClip&& encoded) {
                         const data::Clip& clip = clips[index];
                         if (encoded.error.empty()) encoded.error = prompt_error(encoder, clip);
                         if (encoded.error.empty())
                           add_clip(encoder, clip, encoded, result);
                         else
                           result.failures.push_back(encoded.error);
                         if (on_clip) on_clip(encoded.error);
                         return true;
                       });
  return result;
}

void append(ClipEmbeddings& embeddings, const ClipEmbeddings& others) {
  add_all(embeddings.paths, others.paths);
  add_all(embeddings.systems, others.systems);
  add_all(embeddings.values, others.values);
  add_all(embeddings.windows, others.windows);
  add_all(embeddings.valid_samples, others.valid_samples);
  add_all(embeddings.failures, others.failures);
}

io::StateDict tensors_of(const ClipEncoder& encoder, ClipEmbeddings& embeddings) {
  io::StateDict tensors = {
      {"embedding", at::from_blob(embeddings.values.data(),
                                  {rows_of(encoder, embeddings), encoder.dimension()}, at::kFloat)}};
  if (!is_by_window(encoder)) return tensors;
  tensors.emplace("windows", at::tensor(embeddings.windows, at::kLong));
  tensors.emplace("valid_samples", at::tensor(embeddings.valid_samples, at::kLong));
  return tensors;
}

void write_embeddings(const std::filesystem::path& path, const std::string& model, const ClipEncoder& encoder,
                      models::Precision precision, audio::MonoPolicy mono_policy, ClipEmbeddings& embeddings,
                      const std::map<std::string, std::string>& more) {
  const auto description = describe_encoder_of(model);
  std::map<std::string, std::string> metadata = {
      {"paths", json_list(embeddings.paths)},
      {"systems", json_list(embeddings.systems)},
      {"model", description.name},
      {"model_sha256", models::verify_weights(description)},
      {"embedding_layout", encoder.layout()},
      {"sample_rate_hz", std::to_string(encoder.audio->sample_rate_hz())},
      {"mono_policy", mono_policy == audio::MonoPolicy::mean ? "mean" : "first"},
      {"precision", std::string(models::to_string(precision))},
      {"qamro_version", version()}};
  metadata.merge(models::kind_of(description).embedding_metadata(description, *encoder.audio));
  metadata.insert(more.begin(), more.end());
  io::save_safetensors(path, tensors_of(encoder, embeddings), metadata);
}

std::int64_t rows_of(const ClipEncoder& encoder, const ClipEmbeddings& embeddings) {
  return std::ssize(embeddings.values) / encoder.dimension();
}

}  // namespace qamro::experiments
