#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "qamro/heads/head_model.h"
#include "qamro/training/window_rows.h"

namespace qamro::training {

// Frozen embeddings of clips, as `qamro embed` writes them: a safetensors file with the tensor "embedding"
// [n, dim] and the metadata "paths" (JSON list of n strings, the clips of the rows), "model", "model_sha256",
// "embedding_layout", and, if they differ from 16000 and "mean", "sample_rate_hz" and "mono_policy".
//
// In layout "pooled_layers" an embedding joins the outputs of all layers of the encoder (their number is
// "layers" in the metadata, 13 by default) and belongs to a window. The tensor "windows" [n] int64 has the
// number of windows per clip (one each if it is missing), and "valid_samples" [rows] int64 the weight of
// each window.
inline constexpr const char* kPooledLayers = "pooled_layers";

struct EmbeddingSet {
  std::vector<std::string> paths;
  at::Tensor embedding;  // [rows, dim] float32, finite
  WindowRows windows;    // empty: each row is a clip
  std::int64_t layers = 1;
  std::string audio_policy;  // metadata "audio_policy"
  heads::EncoderReference encoder;

  // Throws CheckpointError for a file that is not an embedding set, FileError if it cannot be read.
  static EmbeddingSet load(const std::filesystem::path& path);
};

}  // namespace qamro::training
