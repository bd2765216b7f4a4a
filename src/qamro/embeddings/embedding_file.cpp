#include "qamro/embeddings/embedding_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <span>

#include "qamro/core/error.h"
#include "qamro/core/version.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/safetensors.h"

namespace qamro::embeddings {
namespace {

using io::Metadata;

// Names of the tensors and of the metadata, for both directions.
namespace tensor {
constexpr const char* kEmbedding = "embedding";
constexpr const char* kWindows = "windows";
constexpr const char* kValidSamples = "valid_samples";
constexpr const char* kAudioSha256 = "audio_sha256";
}  // namespace tensor
namespace key {
constexpr const char* kPaths = "paths";
constexpr const char* kSystems = "systems";
constexpr const char* kModel = "model";
constexpr const char* kModelSha256 = "model_sha256";
constexpr const char* kLayout = "embedding_layout";
constexpr const char* kSampleRateHz = "sample_rate_hz";
constexpr const char* kMonoPolicy = "mono_policy";
constexpr const char* kPrecision = "precision";
constexpr const char* kLayers = "layers";
constexpr const char* kAudioPolicy = "audio_policy";
constexpr const char* kVersion = "qamro_version";
}  // namespace key

constexpr const char* kPublishedLayers = "13";               // WavLM-base
constexpr std::int64_t kMaxSamples = std::int64_t{1} << 40;  // so that sums cannot overflow

std::string metadata_value(const Metadata& metadata, const std::string& key, const std::string& otherwise) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? otherwise : found->second;
}

std::vector<std::string> parse_paths(const Metadata& metadata, const std::string& file) {
  const auto json = io::parsed_json(metadata_value(metadata, key::kPaths, "")).value_or(nullptr);
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
      throw CheckpointError(fmt::format("{}: paths: '{}' appears twice", file, paths.back()));
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
    if (number < 1 || number > kMaxSamples)
      throw CheckpointError(
          fmt::format("{}: tensor '{}': expected numbers of 1 or more, got {}", file, name, number));
  return numbers;
}

// Empty if the file has no windows; then each row is a clip.
WindowRows read_windows(const io::StateDict& tensors, std::int64_t clips, const std::string& file) {
  WindowRows windows;
  if (!tensors.contains(tensor::kWindows)) return windows;
  const auto counts = whole_numbers(tensors, tensor::kWindows, clips, file);
  const std::int64_t rows = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const auto weights = whole_numbers(tensors, tensor::kValidSamples, rows, file);
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

std::int64_t parse_whole(const char* name, const std::string& text, const std::string& file) {
  if (!text.empty() && text.size() < 8 && text.find_first_not_of("0123456789") == std::string::npos)
    return std::stoll(text);
  throw CheckpointError(fmt::format("{}: {}: expected a number, got '{}'", file, name, text));
}

std::int64_t parse_layers(const Metadata& metadata, std::int64_t dim, const std::string& file) {
  const std::int64_t layers =
      parse_whole(key::kLayers, metadata_value(metadata, key::kLayers, kPublishedLayers), file);
  if (layers < 1 || dim % layers != 0)
    throw CheckpointError(fmt::format("{}: layers: expected a number that divides an embedding of {}, got {}",
                                      file, dim, layers));
  return layers;
}

std::string json_list(const std::vector<std::string>& texts) {
  return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

constexpr std::int64_t kDigestBytes = 32;

// [clips, 2, 32] uint8; zeros for "".
at::Tensor tensor_of(const std::vector<data::ClipDigests>& digests) {
  at::Tensor bytes = at::zeros({std::ssize(digests), 2, kDigestBytes}, at::kByte);
  auto* row = bytes.mutable_data_ptr<std::uint8_t>();
  for (const data::ClipDigests& clip : digests)
    for (const std::string* digest : {&clip.file, &clip.samples}) {
      for (std::size_t i = 0; i < digest->size() / 2; ++i)
        row[i] = static_cast<std::uint8_t>(std::stoi(digest->substr(2 * i, 2), nullptr, 16));
      row += kDigestBytes;
    }
  return bytes;
}

std::string digest_text(std::span<const std::uint8_t> bytes) {
  const bool is_known = std::ranges::any_of(bytes, [](std::uint8_t byte) { return byte != 0; });
  return is_known ? fmt::format("{:02x}", fmt::join(bytes, "")) : "";
}

// Empty if the file has none.
std::vector<data::ClipDigests> read_digests(const io::StateDict& tensors, std::int64_t clips,
                                            const std::string& file) {
  const auto found = tensors.find(tensor::kAudioSha256);
  if (found == tensors.end()) return {};
  const at::Tensor& tensor = found->second;
  if (tensor.sizes() != at::IntArrayRef({clips, 2, kDigestBytes}) || tensor.scalar_type() != at::kByte)
    throw CheckpointError(fmt::format("{}: tensor '{}': expected uint8 [{}, 2, {}], got {} [{}]", file,
                                      tensor::kAudioSha256, clips, kDigestBytes,
                                      c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", ")));
  const at::Tensor bytes = tensor.contiguous();
  std::vector<data::ClipDigests> digests;
  for (const auto* row = bytes.const_data_ptr<std::uint8_t>(); std::ssize(digests) < clips;
       row += 2 * kDigestBytes)
    digests.push_back({digest_text({row, kDigestBytes}), digest_text({row + kDigestBytes, kDigestBytes})});
  return digests;
}

// The tensors share memory with the embeddings, which nobody writes to through them.
io::StateDict tensors_of(const ClipEmbeddings& embeddings) {
  io::StateDict tensors = {
      {tensor::kEmbedding, at::from_blob(const_cast<float*>(embeddings.values.data()),
                                         {embeddings.rows(), embeddings.dimension}, at::kFloat)}};
  if (!embeddings.digests.empty()) tensors.emplace(tensor::kAudioSha256, tensor_of(embeddings.digests));
  if (!embeddings.is_by_window) return tensors;
  tensors.emplace(tensor::kWindows, at::tensor(embeddings.windows, at::kLong));
  tensors.emplace(tensor::kValidSamples, at::tensor(embeddings.valid_samples, at::kLong));
  return tensors;
}

template <typename T>
std::vector<T> numbers(const io::StateDict& tensors, const char* name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) return {};
  const at::Tensor values = found->second.contiguous();
  return {values.const_data_ptr<T>(), values.const_data_ptr<T>() + values.numel()};
}

template <typename T>
void add_all(std::vector<T>& values, const std::vector<T>& others) {
  values.insert(values.end(), others.begin(), others.end());
}

}  // namespace

std::int64_t ClipEmbeddings::rows() const {
  return dimension == 0 ? 0 : std::ssize(values) / dimension;
}

void ClipEmbeddings::append(const ClipEmbeddings& others) {
  dimension = others.dimension;
  is_by_window = others.is_by_window;
  const bool any_digest = !digests.empty() || !others.digests.empty();
  if (any_digest) digests.resize(paths.size());  // a part that an older version wrote has none
  add_all(digests, others.digests);
  if (any_digest) digests.resize(paths.size() + others.paths.size());
  add_all(paths, others.paths);
  add_all(systems, others.systems);
  add_all(values, others.values);
  add_all(windows, others.windows);
  add_all(valid_samples, others.valid_samples);
  add_all(failures, others.failures);
}

void write_embeddings(const std::filesystem::path& path, const ClipEmbeddings& embeddings,
                      const EmbeddingSource& source, const Metadata& more) {
  Metadata metadata = {{key::kPaths, json_list(embeddings.paths)},
                       {key::kSystems, json_list(embeddings.systems)},
                       {key::kModel, source.encoder.model},
                       {key::kModelSha256, source.encoder.sha256},
                       {key::kLayout, source.encoder.embedding_layout},
                       {key::kSampleRateHz, std::to_string(source.encoder.sample_rate_hz)},
                       {key::kMonoPolicy, source.encoder.mono_policy},
                       {key::kPrecision, source.precision},
                       {key::kVersion, version()}};
  if (source.encoder.embedding_layout == kPooledLayers)
    metadata.emplace(key::kLayers, std::to_string(source.layers));
  if (!source.audio_policy.empty()) metadata.emplace(key::kAudioPolicy, source.audio_policy);
  metadata.insert(more.begin(), more.end());
  io::save_safetensors(path, tensors_of(embeddings), metadata);
}

void write_part(const std::filesystem::path& path, const ClipEmbeddings& part, const Metadata& metadata) {
  io::save_safetensors(path, tensors_of(part), metadata);
}

void read_part(const std::filesystem::path& path, ClipEmbeddings& part) {
  const io::StateDict tensors = io::load_safetensors(path);
  const auto found = tensors.find(tensor::kEmbedding);
  if (found == tensors.end() || found->second.dim() != 2)
    throw CheckpointError(
        fmt::format("{}: expected a tensor '{}' [rows, dim], found none", path.string(), tensor::kEmbedding));
  part.dimension = found->second.size(1);
  part.is_by_window = tensors.contains(tensor::kWindows);
  part.values = numbers<float>(tensors, tensor::kEmbedding);
  part.windows = numbers<std::int64_t>(tensors, tensor::kWindows);
  part.valid_samples = numbers<std::int64_t>(tensors, tensor::kValidSamples);
  if (const auto digests = tensors.find(tensor::kAudioSha256); digests != tensors.end())
    part.digests = read_digests(tensors, digests->second.size(0), path.string());
}

EmbeddingSet EmbeddingSet::load(const std::filesystem::path& path) {
  const std::string file = path.string();
  const io::StateDict tensors = io::load_safetensors(path);
  const Metadata metadata = io::read_safetensors_metadata(path);
  const auto found = tensors.find(tensor::kEmbedding);
  if (found == tensors.end())
    throw CheckpointError(fmt::format("{}: no embeddings: tensor 'embedding' is missing", file));
  EmbeddingSet set;
  set.paths = parse_paths(metadata, file);
  set.windows = read_windows(tensors, std::ssize(set.paths), file);
  set.digests = read_digests(tensors, std::ssize(set.paths), file);
  check_embedding(found->second, set.windows.empty() ? set.paths.size() : set.windows.weight.size(), file);
  set.embedding = found->second.to(at::kFloat).contiguous();
  check_finite(set.embedding, set.windows, set.paths, file);
  set.source.encoder = {
      metadata_value(metadata, key::kModel, ""), metadata_value(metadata, key::kModelSha256, ""),
      metadata_value(metadata, key::kLayout, ""),
      parse_whole(key::kSampleRateHz, metadata_value(metadata, key::kSampleRateHz, "16000"), file),
      metadata_value(metadata, key::kMonoPolicy, "mean")};
  set.source.precision = metadata_value(metadata, key::kPrecision, "fp32");
  set.source.audio_policy = metadata_value(metadata, key::kAudioPolicy, "");
  if (set.source.encoder.embedding_layout == kPooledLayers)
    set.source.layers = parse_layers(metadata, set.embedding.size(1), file);
  return set;
}

}  // namespace qamro::embeddings
