#include "qamro/training/embedding_set.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "qamro/core/error.h"
#include "qamro/io/safetensors.h"

namespace qamro::training {
namespace {

using Metadata = std::map<std::string, std::string>;

std::string metadata_value(const Metadata& metadata, const std::string& key, const std::string& otherwise) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? otherwise : found->second;
}

std::vector<std::string> parse_paths(const Metadata& metadata, const std::string& file) {
  const auto json = nlohmann::json::parse(metadata_value(metadata, "paths", ""), nullptr, false);
  std::vector<std::string> paths;
  std::set<std::string> seen;
  if (!json.is_array())
    throw CheckpointError(
        fmt::format("{}: expected a JSON list of clip paths as 'paths' in its metadata", file));
  for (const auto& entry : json) {
    if (!entry.is_string())
      throw CheckpointError(fmt::format("{}: paths: expected strings, got {}", file, entry.dump()));
    paths.push_back(entry.get<std::string>());
    if (!seen.insert(paths.back()).second)
      throw CheckpointError(fmt::format("{}: paths: '{}' is there twice", file, paths.back()));
  }
  return paths;
}

void check_embedding(const at::Tensor& embedding, std::size_t clips, const std::string& file) {
  if (embedding.dim() != 2 || embedding.size(0) != static_cast<std::int64_t>(clips) || embedding.size(1) < 1)
    throw CheckpointError(
        fmt::format("{}: tensor 'embedding': expected shape [{}, dim] for {} paths, got [{}]", file, clips,
                    clips, fmt::join(embedding.sizes(), ", ")));
  if (!embedding.is_floating_point())
    throw CheckpointError(fmt::format("{}: tensor 'embedding': expected floating-point numbers, got {}", file,
                                      c10::toString(embedding.scalar_type())));
}

void check_finite(const at::Tensor& embedding, const std::vector<std::string>& paths,
                  const std::string& file) {
  const at::Tensor is_finite = at::isfinite(embedding).all(1);
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (!is_finite[static_cast<std::int64_t>(i)].item<bool>())
      throw CheckpointError(fmt::format("{}: the embedding of '{}' holds NaN or infinity", file, paths[i]));
}

std::int64_t parse_rate(const std::string& text, const std::string& file) {
  if (!text.empty() && text.size() < 8 && text.find_first_not_of("0123456789") == std::string::npos)
    return std::stoll(text);
  throw CheckpointError(fmt::format("{}: sample_rate_hz: expected a number, got '{}'", file, text));
}

}  // namespace

EmbeddingSet EmbeddingSet::load(const std::filesystem::path& path) {
  const std::string file = path.string();
  const io::StateDict tensors = io::load_safetensors(path);
  const Metadata metadata = io::read_safetensors_metadata(path);
  const auto found = tensors.find("embedding");
  if (found == tensors.end())
    throw CheckpointError(fmt::format("{}: no embeddings: tensor 'embedding' is missing", file));
  EmbeddingSet set;
  set.paths = parse_paths(metadata, file);
  check_embedding(found->second, set.paths.size(), file);
  set.embedding = found->second.to(at::kFloat).contiguous();
  check_finite(set.embedding, set.paths, file);
  set.encoder = {metadata_value(metadata, "model", ""), metadata_value(metadata, "model_sha256", ""),
                 metadata_value(metadata, "embedding_layout", ""),
                 parse_rate(metadata_value(metadata, "sample_rate_hz", "16000"), file),
                 metadata_value(metadata, "mono_policy", "mean")};
  return set;
}

}  // namespace qamro::training
