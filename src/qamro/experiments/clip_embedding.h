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
#include "qamro/predictors/clip_encoding.h"
#include "qamro/predictors/predictor.h"
#include "qamro/predictors/text_encoder.h"

namespace qamro::experiments {

// What gives a clip its row: an encoder of audio and, of layout "audio+text", the vectors of prompts behind
// it.
struct ClipEncoder {
  std::unique_ptr<predictors::WindowEncoder> audio;
  std::optional<predictors::EncodedPrompts> prompts;
  std::int64_t text_dimension = 0;

  std::int64_t dimension() const { return audio->dimension() + text_dimension; }
  std::string layout() const;
};

// Whether that layout of a model ("": the usual one) holds prompts: of a CLAP it does where clips have some.
bool gives_text(const std::string& model, const std::string& layout, std::span<const data::Clip> clips);

// As predictors::open_encoder, and with the clips' prompts encoded where gives_text().
ClipEncoder open_clip_encoder(const std::string& model, const predictors::Compute& compute,
                              const std::string& layout, const std::string& audio_policy,
                              const std::vector<data::Clip>& clips, int threads);

// What a frozen encoder makes of clips, in their order.
struct ClipEmbeddings {
  std::vector<std::string> paths;  // as given
  std::vector<std::string> systems;
  std::vector<float> values;  // [rows, dimension]: a row is a clip, of layout "pooled_layers" a window
  std::vector<std::int64_t> windows;        // of each clip
  std::vector<std::int64_t> valid_samples;  // of each window
  std::vector<std::string> failures;        // one a clip that could not be embedded and is left out
};

// on_clip is told of each clip in turn, with its error ("" when all went well).
ClipEmbeddings embed_clips(const ClipEncoder& encoder, std::span<const data::Clip> clips,
                           const predictors::EncodingOptions& encoding,
                           const std::function<void(const std::string& error)>& on_clip = {});

// Adds the clips of another one behind one's own.
void append(ClipEmbeddings& embeddings, const ClipEmbeddings& others);

// The tensors of such a file, over the same memory as the values.
io::StateDict tensors_of(const ClipEncoder& encoder, ClipEmbeddings& embeddings);

// Writes the safetensors file that training::EmbeddingSet reads. `more`: further metadata.
void write_embeddings(const std::filesystem::path& path, const std::string& model, const ClipEncoder& encoder,
                      predictors::Precision precision, audio::MonoPolicy mono_policy,
                      ClipEmbeddings& embeddings, const std::map<std::string, std::string>& more = {});

// Rows that such a file holds.
std::int64_t rows_of(const ClipEncoder& encoder, const ClipEmbeddings& embeddings);

}  // namespace qamro::experiments
