#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "qamro/predictors/head_model.h"
#include "qamro/training/window_rows.h"

namespace qamro::training {

// Frozen embeddings of clips, as `qamro embed` writes them: a safetensors file with the tensor "embedding"
// [n, dim] and the metadata "paths" (JSON list of n strings, the rows' clips), "model", "model_sha256",
// "embedding_layout", and, where they differ from 16000 and "mean", "sample_rate_hz" and "mono_policy".
//
// Of layout "pooled_layers" an embedding is what all layers of the encoder give, one behind the other
// ("layers" in the metadata, 13 if it is not there), and belongs to a window: the tensors "windows" [n] int64
// (how many each clip has; without it, one) and "valid_samples" [rows] int64 (how much each counts).
inline constexpr const char* kPooledLayers = "pooled_layers";

struct EmbeddingSet {
  std::vector<std::string> paths;
  at::Tensor embedding;  // [rows, dim] float32, finite
  WindowRows windows;    // empty: a row is a clip
  std::int64_t layers = 1;
  std::string audio_policy;  // metadata of that name
  predictors::EncoderReference encoder;

  // Throws CheckpointError for a file that is not such a set, FileError when it cannot be read.
  static EmbeddingSet load(const std::filesystem::path& path);
};

}  // namespace qamro::training
