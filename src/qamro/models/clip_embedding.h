#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/data/manifest.h"
#include "qamro/embeddings/embedding_file.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/compute.h"
#include "qamro/models/encoder.h"

namespace qamro::models {

// Computes a clip's row: an encoder of audio and, for layout "audio+text", the prompts' vectors, which
// follow the audio's.
struct ClipEncoder {
  std::shared_ptr<const WindowEncoder> audio;
  std::optional<EncodedPrompts> prompts = {};
  std::int64_t text_dimension = 0;

  std::int64_t dimension() const { return audio->dimension() + text_dimension; }
  std::string layout() const;
};

// Whether this layout of a model contains prompts. The usual layout ("") of a CLAP does if any clip has one.
bool gives_text(const std::string& model, const std::string& layout, std::span<const data::Clip> clips);

// As open_encoder(), but also encodes the clips' prompts if gives_text().
ClipEncoder open_clip_encoder(const std::string& model, const Compute& compute, const std::string& layout,
                              const std::string& audio_policy, const std::vector<data::Clip>& clips,
                              int threads);

// The embeddings of clips, in their order; layout "pooled_layers" gives a row per window. All embeddings of
// frozen encoders come from here. Calls on_clip for each clip in turn, with its error ("" if all went well).
embeddings::ClipEmbeddings embed_clips(const ClipEncoder& encoder, std::span<const data::Clip> clips,
                                       const EncodingOptions& encoding,
                                       const std::function<void(const std::string& error)>& on_clip = {});

// Writes the file that embeddings::EmbeddingSet reads. `more`: further metadata.
void write_embeddings(const std::filesystem::path& path, const std::string& model, const ClipEncoder& encoder,
                      Precision precision, audio::MonoPolicy mono_policy,
                      const embeddings::ClipEmbeddings& embeddings, const io::Metadata& more = {});

}  // namespace qamro::models
