#include "qamro/models/clip_embedding.h"

#include <fmt/format.h>

#include <algorithm>

#include "qamro/models/clap/encoder.h"
#include "qamro/models/model_kind.h"
#include "qamro/models/predictor.h"
#include "qamro/models/registry.h"
#include "qamro/models/score_head.h"

namespace qamro::models {
namespace {

using embeddings::ClipEmbeddings;

// What is wrong with a clip's prompt, or "".
std::string prompt_error(const ClipEncoder& encoder, const data::Clip& clip) {
  if (!encoder.prompts) return "";
  if (clip.prompt) return encoder.prompts->at(*clip.prompt).error;
  return fmt::format("{}: it has no prompt{}{}", clip.path_as_given, clip.prompt_error.empty() ? "" : ": ",
                     clip.prompt_error);
}

void add_row(const std::vector<float>& row, std::vector<float>& values) {
  values.insert(values.end(), row.begin(), row.end());
}

void add_clip(const ClipEncoder& encoder, const data::Clip& clip, const EncodedClip& encoded,
              ClipEmbeddings& result) {
  result.paths.push_back(clip.path_as_given);
  result.systems.push_back(clip.system.value_or(""));
  result.windows.push_back(std::ssize(encoded.windows));
  result.digests.push_back(encoded.digests);
  if (clip.start_seconds || clip.end_seconds) result.digests.back().file.clear();  // not all of it is heard
  for (const audio::Window& window : encoded.windows) result.valid_samples.push_back(window.length_samples);
  if (result.is_by_window)
    for (const auto& vector : encoded.vectors) add_row(vector, result.values);
  else
    add_row(clip_vector(*encoder.audio, {encoded.vectors, encoded.windows}), result.values);
  if (encoder.prompts) add_row(encoder.prompts->at(*clip.prompt).vector, result.values);
}

// The encoder behind a model: heads trained on the file will name it.
ModelDescription describe_encoder_of(const std::string& model) {
  auto description = describe_model(model);
  if (auto encoder = kind_of(description).encoder_of(description)) return *std::move(encoder);
  return description;
}

}  // namespace

std::string ClipEncoder::layout() const {
  return prompts ? kClapAudioAndText : audio->layout();
}

bool gives_text(const std::string& model, const std::string& layout, std::span<const data::Clip> clips) {
  const auto encoder = describe_encoder_of(model);
  if (!kind_of(encoder).reads_prompts()) return false;
  if (!layout.empty()) return layout == kClapAudioAndText;
  return std::ranges::any_of(clips, [](const data::Clip& clip) { return clip.prompt.has_value(); });
}

ClipEncoder open_clip_encoder(const std::string& model, const Compute& compute, const std::string& layout,
                              const std::string& audio_policy, const std::vector<data::Clip>& clips,
                              int threads) {
  const bool has_text = gives_text(model, layout, clips);
  ClipEncoder encoder;
  encoder.audio = open_encoder(model, compute, has_text ? kClapAudio : layout, audio_policy);
  if (!has_text) return encoder;
  const auto text = open_text_encoder(model);
  encoder.prompts = encode_prompts(*text, clips, threads);
  encoder.text_dimension = text->dimension();
  return encoder;
}

ClipEmbeddings embed_clips(const ClipEncoder& encoder, std::span<const data::Clip> clips,
                           const EncodingOptions& encoding,
                           const std::function<void(const std::string& error)>& on_clip) {
  ClipEmbeddings result;
  result.dimension = encoder.dimension();
  result.is_by_window = encoder.layout() == embeddings::kPooledLayers;
  EncodingOptions hashing = encoding;
  hashing.hash_clips = true;
  encode_clips(*encoder.audio, clips, hashing, [&](std::size_t index, EncodedClip&& encoded) {
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

void write_embeddings(const std::filesystem::path& path, const std::string& model, const ClipEncoder& encoder,
                      Precision precision, audio::MonoPolicy mono_policy, const ClipEmbeddings& embeddings,
                      const io::Metadata& more) {
  const auto description = describe_encoder_of(model);
  embeddings::EmbeddingSource source;
  source.encoder = {description.name, verify_weights(description), encoder.layout(),
                    encoder.audio->sample_rate_hz(), std::string(name_of(mono_policy))};
  source.precision = to_string(precision);
  kind_of(description).describe_embeddings(description, *encoder.audio, source);
  embeddings::write_embeddings(path, embeddings, source, more);
}

}  // namespace qamro::models
