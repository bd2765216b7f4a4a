#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "qamro/data/manifest.h"
#include "qamro/predictors/clip_encoding.h"
#include "qamro/predictors/predictor.h"

namespace qamro::experiments {

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
ClipEmbeddings embed_clips(const predictors::WindowEncoder& encoder, std::span<const data::Clip> clips,
                           const predictors::EncodingOptions& encoding,
                           const std::function<void(const std::string& error)>& on_clip = {});

// Adds the clips of another one behind one's own.
void append(ClipEmbeddings& embeddings, const ClipEmbeddings& others);

// Writes the safetensors file that training::EmbeddingSet reads. `more`: further metadata.
void write_embeddings(const std::filesystem::path& path, const std::string& model,
                      const predictors::WindowEncoder& encoder, predictors::Precision precision,
                      audio::MonoPolicy mono_policy, ClipEmbeddings& embeddings,
                      const std::map<std::string, std::string>& more = {});

// Rows that such a file holds.
std::int64_t rows_of(const predictors::WindowEncoder& encoder, const ClipEmbeddings& embeddings);

}  // namespace qamro::experiments
