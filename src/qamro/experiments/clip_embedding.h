#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/data/manifest.h"
#include "qamro/io/state_dict.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/predictor.h"
#include "qamro/models/text_encoder.h"

namespace qamro::experiments {

// Computes a clip's row: an encoder of audio and, for layout "audio+text", the prompts' vectors, which
// follow the audio's.
struct ClipEncoder {
  std::unique_ptr<models::WindowEncoder> audio;
  std::optional<models::EncodedPrompts> prompts;
  std::int64_t text_dimension = 0;

  std::int64_t dimension() const { return audio->dimension() + text_dimension; }
  std::string layout() const;
};

// Whether this layout of a model contains prompts. The usual layout ("") of a CLAP does if any clip has one.
bool gives_text(const std::string& model, const std::string& layout, std::span<const data::Clip> clips);

// As models::open_encoder, but also encodes the clips' prompts if gives_text().
ClipEncoder open_clip_encoder(const std::string& model, const models::Compute& compute,
                              const std::string& layout, const std::string& audio_policy,
                              const std::vector<data::Clip>& clips, int threads);

// Embeddings of clips by a frozen encoder, in the clips' order.
struct ClipEmbeddings {
  std::vector<std::string> paths;  // as given
  std::vector<std::string> systems;
  std::vector<float> values;  // [rows, dimension]; a row is a clip, or a window for layout "pooled_layers"
  std::vector<std::int64_t> windows;        // of each clip
  std::vector<std::int64_t> valid_samples;  // of each window
  std::vector<std::string> failures;        // one per clip that could not be embedded and is left out
};

// Calls on_clip for each clip in turn, with its error ("" if all went well).
ClipEmbeddings embed_clips(const ClipEncoder& encoder, std::span<const data::Clip> clips,
                           const models::EncodingOptions& encoding,
                           const std::function<void(const std::string& error)>& on_clip = {});

// Appends the clips of `others`.
void append(ClipEmbeddings& embeddings, const ClipEmbeddings& others);

// The tensors of a file of embeddings; "embedding" shares memory with embeddings.values.
io::StateDict tensors_of(const ClipEncoder& encoder, ClipEmbeddings& embeddings);

// Writes the safetensors file that training::EmbeddingSet reads. `more`: further metadata.
void write_embeddings(const std::filesystem::path& path, const std::string& model, const ClipEncoder& encoder,
                      models::Precision precision, audio::MonoPolicy mono_policy, ClipEmbeddings& embeddings,
                      const std::map<std::string, std::string>& more = {});

// Number of rows in a file of these embeddings.
std::int64_t rows_of(const ClipEncoder& encoder, const ClipEmbeddings& embeddings);

}  // namespace qamro::experiments
