#include "qamro/io/safetensors.h"

#include <ATen/Functions.h>
#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>

#include "qamro/core/error.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/content_kind.h"
#include "qamro/io/file_mapping.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/state_dict.h"

namespace qamro::io {
namespace {

using HeaderJson = nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr int kMaxHeaderDepth = 3;  // {"name": {"shape": [...]}}
constexpr std::size_t kMaxTensors = 1'000'000;
constexpr const char* kMetadataKey = "__metadata__";

struct Entry {
  std::string name;
  const ElementType* type = nullptr;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // in the data after the header
  std::uint64_t end = 0;
};

// An open file: its checked header and its bytes.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path)
      : name_(path.string()), mapping_(FileMapping::open(path)) {
    read_header();
  }

  Metadata metadata() const {
    Metadata metadata;
    const auto found = header_.find(kMetadataKey);
    if (found == header_.end()) return metadata;
    if (!found->is_object()) fail("__metadata__: expected an object of strings");
    for (const auto& [key, value] : found->items()) {
      if (!value.is_string()) fail(fmt::format("__metadata__: '{}': expected a string", key));
      metadata.emplace(key, value.get<std::string>());
    }
    return metadata;
  }

  StateDict tensors() const {
    std::vector<Entry> entries;
    for (const auto& [name, description] : header_.items())
      if (name != kMetadataKey) entries.push_back(parse_entry(name, description));
    check_layout(entries);
    StateDict tensors;
    for (const Entry& entry : entries) tensors.emplace(entry.name, make_tensor(entry));
    return tensors;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw CheckpointError(fmt::format("{}: {}", name_, what));
  }
  [[noreturn]] void fail(const Entry& entry, const std::string& what) const {
    fail(fmt::format("tensor '{}': {}", entry.name, what));
  }

  void read_header() {
    const auto bytes = mapping_->bytes();
    if (bytes.size() < kLengthBytes)
      fail(fmt::format("expected a safetensors file of at least 8 bytes, got {}", bytes.size()));
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i)
      length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);  // little-endian
    if (length > kMaxSafetensorsHeader)
      fail(fmt::format("expected a safetensors header of at most {} bytes, got {} (not a safetensors file?)",
                       kMaxSafetensorsHeader, length));
    if (length > bytes.size() - kLengthBytes)
      fail(fmt::format("cut short: the header needs {} bytes, the file has {}", kLengthBytes + length,
                       bytes.size()));
    const char* text = reinterpret_cast<const char*>(bytes.data()) + kLengthBytes;
    header_ = parse_header(std::string_view(text, length));
    data_ = bytes.subspan(kLengthBytes + length);
  }

  // The format requires an object in which each name occurs once.
  HeaderJson parse_header(std::string_view text) const {
    if (!text.starts_with('{')) fail("header: expected a JSON object");
    check_json(text, name_ + ": header",
               {.bytes = kMaxSafetensorsHeader,
                .depth = kMaxHeaderDepth,
                .names = kMaxTensors,
                .unique_names = true});
    return HeaderJson::parse(text);
  }

  Entry parse_entry(const std::string& name, const HeaderJson& description) const {
    Entry entry;
    entry.name = name;
    if (!description.is_object() || description.size() != 3 || !description.contains("dtype") ||
        !description.contains("shape") || !description.contains("data_offsets"))
      fail(entry, "expected exactly dtype, shape and data_offsets");
    const HeaderJson& type = description.at("dtype");
    entry.type = type.is_string() ? find_safetensors_type(type.get<std::string>()) : nullptr;
    if (entry.type == nullptr)
      fail(entry, fmt::format("expected a dtype of {}, got {}", safetensors_type_names(), type.dump()));
    for (const std::uint64_t size : unsigned_list(entry, "shape", description.at("shape"))) {
      if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        fail(entry, fmt::format("shape: {} is too large", size));
      entry.shape.push_back(static_cast<std::int64_t>(size));
    }
    const auto offsets = unsigned_list(entry, "data_offsets", description.at("data_offsets"));
    if (offsets.size() != 2) fail(entry, fmt::format("data_offsets: expected two, got {}", offsets.size()));
    entry.begin = offsets[0];
    entry.end = offsets[1];
    check_size(entry);
    return entry;
  }

  std::vector<std::uint64_t> unsigned_list(const Entry& entry, const char* key,
                                           const HeaderJson& list) const {
    const auto is_size = [](const HeaderJson& item) { return item.is_number_unsigned(); };
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_size))
      fail(entry, fmt::format("{}: expected a list of whole numbers from 0, got {}", key, list.dump()));
    return list.get<std::vector<std::uint64_t>>();
  }

  void check_size(const Entry& entry) const {
    std::int64_t size_bytes = 0;
    const auto count = element_count(entry.shape);
    if (!count || __builtin_mul_overflow(*count, entry.type->size_bytes, &size_bytes))
      fail(entry, fmt::format("shape [{}] is too large", fmt::join(entry.shape, ", ")));
    if (entry.begin > entry.end)
      fail(entry, fmt::format("data_offsets: expected begin <= end, got [{}, {}]", entry.begin, entry.end));
    if (entry.end - entry.begin != static_cast<std::uint64_t>(size_bytes))
      fail(entry, fmt::format("{} [{}] needs {} bytes, its data_offsets [{}, {}] give {}",
                              entry.type->safetensors_name, fmt::join(entry.shape, ", "), size_bytes,
                              entry.begin, entry.end, entry.end - entry.begin));
  }

  // The tensors must cover the data from its first to its last byte, without overlap. Sorts entries by place.
  void check_layout(std::vector<Entry>& entries) const {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    const std::uint64_t header_bytes = mapping_->bytes().size() - data_.size();
    std::uint64_t covered = 0;
    for (const Entry& entry : entries) {
      if (entry.begin != covered)
        fail(entry,
             fmt::format("expected its data to begin at offset {}, where the previous tensor ends, got {}",
                         covered, entry.begin));
      covered = entry.end;
    }
    // The message is about the whole file, since that is what a broken download or copy cuts short.
    if (covered > data_.size()) {
      const auto beyond = std::find_if(entries.begin(), entries.end(),
                                       [&](const Entry& entry) { return entry.end > data_.size(); });
      fail(fmt::format("cut short: its tensors need {} bytes, the file has {} (tensor '{}' ends beyond it)",
                       header_bytes + covered, mapping_->bytes().size(), beyond->name));
    }
    if (covered < data_.size())
      fail(fmt::format("expected {} bytes for its tensors, got {}", header_bytes + covered,
                       mapping_->bytes().size()));
  }

  at::Tensor make_tensor(const Entry& entry) const {
    const auto bytes = data_.subspan(entry.begin, entry.end - entry.begin);
    if (!holds_valid_bools(bytes, *entry.type)) fail(entry, "expected bytes 0 and 1 in a BOOL tensor");
    return tensor_over(mapping_, bytes, *entry.type).view(entry.shape);
  }

  std::string name_;
  std::shared_ptr<FileMapping> mapping_;
  HeaderJson header_;
  std::span<std::byte> data_;
};

}  // namespace

StateDict load_safetensors(const std::filesystem::path& path) {
  return SafetensorsFile(path).tensors();
}

Metadata read_safetensors_metadata(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  file.tensors();  // checks the file: the metadata of a damaged one cannot be trusted
  return file.metadata();
}

namespace {

using Json = nlohmann::ordered_json;

struct Item {
  const std::string* name;
  const at::Tensor* tensor;
  const ElementType* type;
};

std::vector<Item> ordered_items(const std::string& file, const StateDict& tensors) {
  std::vector<Item> items;
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__")
      throw InvalidInput(fmt::format("{}: a tensor cannot be named '{}'", file, name));
    if (!tensor.defined()) throw InvalidInput(fmt::format("{}: tensor '{}' is undefined", file, name));
    const ElementType* type = find_element_type(tensor.scalar_type());
    if (type == nullptr)
      throw InvalidInput(fmt::format("{}: tensor '{}': expected a type of {}, got {}", file, name,
                                     safetensors_type_names(), c10::toString(tensor.scalar_type())));
    items.push_back({&name, &tensor, type});
  }
  // The items are already in order of their names, which a stable sort keeps.
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.type->size_bytes > b.type->size_bytes; });
  return items;
}

std::string make_header(const std::string& file, const std::vector<Item>& items, const Metadata& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::int64_t offset = 0;
  for (const Item& item : items) {
    const std::int64_t end = offset + item.tensor->numel() * item.type->size_bytes;
    header[*item.name] = {{"dtype", item.type->safetensors_name},
                          {"shape", item.tensor->sizes().vec()},
                          {"data_offsets", {offset, end}}};
    offset = end;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the data after it is aligned
    return text;
  } catch (const Json::exception&) {
    throw InvalidInput(fmt::format("{}: expected names and metadata in UTF-8", file));
  }
}

}  // namespace

void save_safetensors(const std::filesystem::path& path, const StateDict& tensors, const Metadata& metadata) {
  const auto items = ordered_items(path.string(), tensors);
  const std::string header = make_header(path.string(), items, metadata);
  AtomicFile file(path);
  for (int i = 0; i < 8; ++i)
    file.stream().put(
        static_cast<char>(static_cast<std::uint64_t>(header.size()) >> (8 * i)));  // little-endian
  file.stream() << header;
  for (const Item& item : items) {
    const at::Tensor tensor = item.tensor->detach().to(at::kCPU).contiguous();
    file.stream().write(static_cast<const char*>(tensor.const_data_ptr()),
                        static_cast<std::streamsize>(tensor.nbytes()));
  }
  file.commit();
}

}  // namespace qamro::io
