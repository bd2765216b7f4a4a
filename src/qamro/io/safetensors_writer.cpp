#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qamro/core/error.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/element_type.h"
#include "qamro/io/safetensors.h"

namespace qamro::io {
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
