#include "qamro/training/embedding_set.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <span>

#include "qamro/core/error.h"
#include "qamro/io/safetensors.h"

namespace qamro::training {
namespace {

using Metadata = std::map<std::string, std::string>;

constexpr const char* kPublishedLayers = "13";                // WavLM-base
constexpr std::int64_t kMostSamples = std::int64_t{1} << 40;  // so that sums cannot overflow

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

std::vector<std::int64_t> whole_numbers(const io::StateDict& tensors, const std::string& name,
                                        std::int64_t size, const std::string& file) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw CheckpointError(fmt::format("{}: tensor '{}' is missing", file, name));
  const at::Tensor& tensor = found->second;
  if (tensor.dim() != 1 || tensor.size(0) != size || tensor.scalar_type() != at::kLong)
    throw CheckpointError(fmt::format("{}: tensor '{}': expected int64 [{}], got {} [{}]", file, name, size,
                                      c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", ")));
  const at::Tensor values = tensor.contiguous();
  const std::vector<std::int64_t> numbers(values.const_data_ptr<std::int64_t>(),
                                          values.const_data_ptr<std::int64_t>() + size);
  for (const std::int64_t number : numbers)
    if (number < 1 || number > kMostSamples)
      throw CheckpointError(
          fmt::format("{}: tensor '{}': expected numbers of 1 or more, got {}", file, name, number));
  return numbers;
}

// Empty if the file has no windows; then each row is a clip.
WindowRows read_windows(const io::StateDict& tensors, std::int64_t clips, const std::string& file) {
  WindowRows windows;
  if (!tensors.contains("windows")) return windows;
  const auto counts = whole_numbers(tensors, "windows", clips, file);
  const std::int64_t rows = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const auto weights = whole_numbers(tensors, "valid_samples", rows, file);
  std::span<const std::int64_t> left = weights;
  for (const std::int64_t count : counts) {
    windows.add_clip(left.first(static_cast<std::size_t>(count)));
    left = left.subspan(static_cast<std::size_t>(count));
  }
  return windows;
}

void check_embedding(const at::Tensor& embedding, std::size_t rows, const std::string& file) {
  if (embedding.dim() != 2 || embedding.size(0) != static_cast<std::int64_t>(rows) || embedding.size(1) < 1)
    throw CheckpointError(
        fmt::format("{}: tensor 'embedding': expected shape [{}, dim] for {} paths, got [{}]", file, rows,
                    rows, fmt::join(embedding.sizes(), ", ")));
  if (!embedding.is_floating_point())
    throw CheckpointError(fmt::format("{}: tensor 'embedding': expected floating-point numbers, got {}", file,
                                      c10::toString(embedding.scalar_type())));
}

void check_finite(const at::Tensor& embedding, const WindowRows& windows,
                  const std::vector<std::string>& paths, const std::string& file) {
  const at::Tensor is_finite = at::isfinite(embedding).all(1);
  if (is_finite.all().item<bool>()) return;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto clip = static_cast<std::int64_t>(i);
    const std::int64_t begin = windows.empty() ? clip : windows.first[i];
    const std::int64_t end = windows.empty() ? clip + 1 : windows.first[i + 1];
    if (!is_finite.slice(0, begin, end).all().item<bool>())
      throw CheckpointError(fmt::format("{}: the embedding of '{}' holds NaN or infinity", file, paths[i]));
  }
}

std::int64_t parse_whole(const char* key, const std::string& text, const std::string& file) {
  if (!text.empty() && text.size() < 8 && text.find_first_not_of("0123456789") == std::string::npos)
    return std::stoll(text);
  throw CheckpointError(fmt::format("{}: {}: expected a number, got '{}'", file, key, text));
}

std::int64_t parse_layers(const Metadata& metadata, std::int64_t dim, const std::string& file) {
  const std::int64_t layers =
      parse_whole("layers", metadata_value(metadata, "layers", kPublishedLayers), file);
  if (layers < 1 || dim % layers != 0)
    throw CheckpointError(fmt::format("{}: layers: expected a number that divides an embedding of {}, got {}",
                                      file, dim, layers));
  return layers;
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
  set.windows = read_windows(tensors, std::ssize(set.paths), file);
  check_embedding(found->second, set.windows.empty() ? set.paths.size() : set.windows.weight.size(), file);
  set.embedding = found->second.to(at::kFloat).contiguous();
  check_finite(set.embedding, set.windows, set.paths, file);
  set.encoder = {metadata_value(metadata, "model", ""), metadata_value(metadata, "model_sha256", ""),
                 metadata_value(metadata, "embedding_layout", ""),
                 parse_whole("sample_rate_hz", metadata_value(metadata, "sample_rate_hz", "16000"), file),
                 metadata_value(metadata, "mono_policy", "mean")};
  set.audio_policy = metadata_value(metadata, "audio_policy", "");
  if (set.encoder.embedding_layout == kPooledLayers)
    set.layers = parse_layers(metadata, set.embedding.size(1), file);
  return set;
}

}  // namespace qamro::training
