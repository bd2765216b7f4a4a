#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "qamro/data/training_clips.h"
#include "qamro/embeddings/window_rows.h"
#include "qamro/heads/head_model.h"
#include "qamro/io/safetensors.h"

namespace qamro::embeddings {

// A file of embeddings is a safetensors file with the tensor "embedding" [n, dim] and the metadata "paths"
// (JSON list of n strings, the clips of the rows), "systems" (the same for their systems), "model",
// "model_sha256", "embedding_layout", "sample_rate_hz" (16000 if missing), "mono_policy" ("mean" if missing),
// "precision" and "qamro_version".
//
// In layout "pooled_layers" an embedding joins the outputs of all layers of the encoder (their number is
// "layers" in the metadata, 13 by default) and belongs to a window. The tensor "windows" [n] int64 has the
// number of windows per clip (one each if it is missing), and "valid_samples" [rows] int64 the weight of
// each window.
//
// The tensor "audio_sha256" [n, 2, 32] uint8 has the SHA-256 of each clip's file and of its samples
// (data::ClipDigests), which make a model recognise the clips it was trained on; zeros: not known. A file
// without the tensor, as older versions wrote, gives a model that knows none of them.
inline constexpr const char* kPooledLayers = "pooled_layers";
// CLAP's embedding of the audio, followed by the one of the prompt. CLAP's files also have "audio_policy".
inline constexpr const char* kAudioAndText = "audio+text";

// What a file says of the encoder that made it.
struct EmbeddingSource {
  heads::EncoderReference encoder;
  std::string precision = "fp32";
  std::int64_t layers = 1;   // kPooledLayers: side by side in a row
  std::string audio_policy;  // CLAP only; "" for other encoders
};

// Embeddings of clips by a frozen encoder, in the clips' order, before they are written.
struct ClipEmbeddings {
  std::int64_t dimension = 0;
  bool is_by_window = false;       // a row is a window, or else a clip
  std::vector<std::string> paths;  // as given
  std::vector<std::string> systems;
  std::vector<float> values;                // [rows, dimension]
  std::vector<std::int64_t> windows;        // of each clip
  std::vector<std::int64_t> valid_samples;  // of each window
  std::vector<data::ClipDigests> digests;   // of each clip; empty: not known
  std::vector<std::string> failures;        // one per clip that could not be embedded and is left out

  std::int64_t rows() const;
  // Appends the clips of `others`, which have the same dimension.
  void append(const ClipEmbeddings& others);
};

// Writes a file of embeddings. `more`: further metadata. Throws FileError.
void write_embeddings(const std::filesystem::path& path, const ClipEmbeddings& embeddings,
                      const EmbeddingSource& source, const io::Metadata& more = {});

// A part of a larger file: its tensors alone, with the caller's metadata. read_part() fills in everything but
// paths, systems and failures; it throws CheckpointError if the file has no embeddings.
void write_part(const std::filesystem::path& path, const ClipEmbeddings& part, const io::Metadata& metadata);
void read_part(const std::filesystem::path& path, ClipEmbeddings& part);

// A file of embeddings, read to train heads on.
struct EmbeddingSet {
  std::vector<std::string> paths;
  at::Tensor embedding;                    // [rows, dim] float32, finite
  WindowRows windows;                      // empty: each row is a clip
  std::vector<data::ClipDigests> digests;  // of each clip; empty: not known
  EmbeddingSource source;

  // Throws CheckpointError for a file that is not an embedding set, FileError if it cannot be read.
  static EmbeddingSet load(const std::filesystem::path& path);
};

}  // namespace qamro::embeddings
