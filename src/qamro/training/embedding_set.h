#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "qamro/predictors/head_model.h"

namespace qamro::training {

// Frozen embeddings of clips, as `qamro embed` writes them: a safetensors file with the tensor "embedding"
// [n, dim] and the metadata "paths" (JSON list of n strings, the rows' clips), "model", "model_sha256",
// "embedding_layout", and, where they differ from 16000 and "mean", "sample_rate_hz" and "mono_policy".
struct EmbeddingSet {
  std::vector<std::string> paths;
  at::Tensor embedding;  // [n, dim] float32, finite
  predictors::EncoderReference encoder;

  // Throws CheckpointError for a file that is not such a set, FileError when it cannot be read.
  static EmbeddingSet load(const std::filesystem::path& path);
};

}  // namespace qamro::training
