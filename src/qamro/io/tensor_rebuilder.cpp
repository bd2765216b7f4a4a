#include "qamro/io/tensor_rebuilder.h"

#include <ATen/Functions.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/io/file_mapping.h"

namespace qamro::io {
namespace {

constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kSize = "torch.Size";
constexpr std::string_view kEncode = "_codecs.encode";  // how protocol 2 writes bytes
constexpr std::string_view kTorch = "torch.";
constexpr std::size_t kMaxDimensions = 64;
// A tensor may repeat the elements of its storage (stride 0), but with more elements than this a small file
// could ask for much memory.
constexpr std::int64_t kMaxExpandedElements = 1 << 24;
constexpr std::size_t kBytesPerTensor = 1024;  // with its sizes and strides

const ElementType* storage_type(std::string_view name) {
  return name.starts_with(kTorch) ? find_torch_storage(name.substr(kTorch.size())) : nullptr;
}

// Argument number `index`, which must be a T.
template <typename T>
const T& argument(PickleObjects& objects, const std::vector<ObjectId>& arguments, std::size_t index,
                  std::string_view name) {
  if (index >= arguments.size())
    throw CheckpointError(
        fmt::format("{}: expected at least {} arguments, got {}", name, index + 1, arguments.size()));
  const T* value = objects.get_if<T>(arguments[index]);
  if (value == nullptr)
    throw CheckpointError(
        fmt::format("{}: argument {} cannot be a {}", name, index + 1, objects.describe(arguments[index])));
  return *value;
}

std::vector<std::int64_t> whole_numbers(PickleObjects& objects, const TupleObject& tuple, const char* what) {
  if (tuple.items.size() > kMaxDimensions)
    throw CheckpointError(
        fmt::format("tensor: expected at most {} dimensions, got {}", kMaxDimensions, tuple.items.size()));
  std::vector<std::int64_t> numbers;
  for (const ObjectId item : tuple.items) {
    const auto* number = objects.get_if<std::int64_t>(item);
    if (number == nullptr || *number < 0)
      throw CheckpointError(
          fmt::format("tensor: expected a {} of whole numbers from 0, got {}", what,
                      number == nullptr ? objects.describe(item) : std::to_string(*number)));
    numbers.push_back(*number);
  }
  return numbers;
}

// How far a view reaches into its storage: the number of elements up to its last one.
std::int64_t reach(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
                   std::int64_t offset) {
  std::int64_t last = offset;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::int64_t step = 0;
    if (__builtin_mul_overflow(shape[i] - 1, strides[i], &step) || __builtin_add_overflow(last, step, &last))
      throw CheckpointError(fmt::format("tensor: strides [{}] of shape [{}] are too large",
                                        fmt::join(strides, ", "), fmt::join(shape, ", ")));
  }
  std::int64_t count = 0;
  if (__builtin_add_overflow(last, 1, &count))
    throw CheckpointError("tensor: its storage offset is too large");
  return count;
}

at::Tensor make_view(const StorageObject& storage, std::int64_t offset,
                     const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
  if (shape.size() != strides.size() || offset < 0)
    throw CheckpointError(fmt::format(
        "tensor: expected one stride per dimension and an offset >= 0, got shape [{}], strides [{}] and offset {}",
        fmt::join(shape, ", "), fmt::join(strides, ", "), offset));
  const auto count = element_count(shape);
  if (!count) throw CheckpointError(fmt::format("tensor: shape [{}] is too large", fmt::join(shape, ", ")));
  if (*count == 0) return at::empty(shape, at::TensorOptions(storage.type->scalar_type));
  const std::int64_t available = storage.elements.numel();
  const std::int64_t needed = reach(shape, strides, offset);
  if (needed > available)
    throw CheckpointError(
        fmt::format("tensor: shape [{}] with strides [{}] at offset {} needs {} elements, its storage has {}",
                    fmt::join(shape, ", "), fmt::join(strides, ", "), offset, needed, available));
  if (*count > std::max(available, kMaxExpandedElements))
    throw CheckpointError(fmt::format("tensor: shape [{}] repeats the {} elements of its storage too often",
                                      fmt::join(shape, ", "), available));
  return storage.elements.as_strided(shape, strides, offset);
}

ObjectId make_ordered_dict(PickleObjects& objects, const std::vector<ObjectId>& arguments) {
  DictObject dict;
  dict.is_ordered = true;
  if (!arguments.empty()) {  // OrderedDict([(key, value), ...]), as Python 2 writes it
    const auto items = argument<ListObject>(objects, arguments, 0, kOrderedDict).items;
    objects.charge(items.size() * sizeof(ObjectId));
    for (const ObjectId item : items) {
      const auto* list = objects.get_if<ListObject>(item);
      const auto* tuple = objects.get_if<TupleObject>(item);
      if ((list == nullptr && tuple == nullptr) || (list != nullptr ? list->items : tuple->items).size() != 2)
        throw CheckpointError(fmt::format("{}: expected a list of pairs", kOrderedDict));
      const auto& pair = list != nullptr ? list->items : tuple->items;
      dict.items.emplace_back(pair[0], pair[1]);
    }
  }
  return objects.add(std::move(dict));
}

ObjectId make_size(PickleObjects& objects, const std::vector<ObjectId>& arguments) {
  TupleObject size = argument<TupleObject>(objects, arguments, 0, kSize);
  objects.charge(size.items.size() * sizeof(ObjectId));
  return objects.add(std::move(size));
}

// encode(text, 'latin1'): every character is one byte.
ObjectId encode(PickleObjects& objects, const std::vector<ObjectId>& arguments) {
  const auto& text = argument<std::string>(objects, arguments, 0, kEncode);
  const auto& encoding = argument<std::string>(objects, arguments, 1, kEncode);
  if (encoding != "latin1")
    throw CheckpointError(fmt::format("{}: expected latin1, got '{}'", kEncode, encoding));
  objects.charge(text.size());
  PickleBytes bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes.data.push_back(text[i]);
      continue;
    }
    const bool is_latin1 = (lead == 0xC2 || lead == 0xC3) && i + 1 < text.size();
    if (!is_latin1) throw CheckpointError(fmt::format("{}: expected Latin-1 text", kEncode));
    const auto tail = static_cast<unsigned char>(text[++i]);
    bytes.data.push_back(static_cast<char>((lead & 3) << 6 | (tail & 0x3F)));
  }
  return objects.add(std::move(bytes));
}

// A tensor that is only numbers has neither hooks nor metadata.
void expect_empty(PickleObjects& objects, const std::vector<ObjectId>& arguments, std::size_t index) {
  if (index >= arguments.size() || objects.get_if<std::monostate>(arguments[index]) != nullptr) return;
  const auto* dict = objects.get_if<DictObject>(arguments[index]);
  if (dict == nullptr || !dict->items.empty())
    throw CheckpointError(
        "tensor: expected no hooks and no metadata (conjugate or negative views are not read)");
}

}  // namespace

TensorRebuilder::TensorRebuilder(const ZipArchive& archive, std::string folder)
    : archive_(archive), folder_(std::move(folder)) {}

bool TensorRebuilder::knows_global(const std::string& name) {
  return name == kOrderedDict || name == kRebuildTensor || name == kRebuildParameter || name == kSize ||
         name == kEncode || storage_type(name) != nullptr;
}

ObjectId TensorRebuilder::call(PickleObjects& objects, const std::string& function,
                               const std::vector<ObjectId>& arguments) {
  if (function == kRebuildTensor) return rebuild_tensor(objects, arguments);
  if (function == kOrderedDict) return make_ordered_dict(objects, arguments);
  if (function == kSize) return make_size(objects, arguments);
  if (function == kEncode) return encode(objects, arguments);
  if (function == kRebuildParameter) {  // (data, requires_grad, hooks)
    argument<at::Tensor>(objects, arguments, 0, function);
    expect_empty(objects, arguments, 2);
    return arguments[0];
  }
  throw CheckpointError(fmt::format("refused to call '{}'", function));
}

ObjectId TensorRebuilder::rebuild_tensor(PickleObjects& objects,
                                         const std::vector<ObjectId>& arguments) const {
  // (storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata=None)
  const auto& storage = argument<StorageObject>(objects, arguments, 0, kRebuildTensor);
  const std::int64_t offset = argument<std::int64_t>(objects, arguments, 1, kRebuildTensor);
  const auto shape =
      whole_numbers(objects, argument<TupleObject>(objects, arguments, 2, kRebuildTensor), "shape");
  const auto strides =
      whole_numbers(objects, argument<TupleObject>(objects, arguments, 3, kRebuildTensor), "stride");
  expect_empty(objects, arguments, 5);
  expect_empty(objects, arguments, 6);
  objects.charge(kBytesPerTensor);
  return objects.add(make_view(storage, offset, shape, strides));
}

ObjectId TensorRebuilder::persistent_load(PickleObjects& objects, const std::vector<ObjectId>& id) {
  constexpr std::string_view kWhat = "persistent id";
  if (argument<std::string>(objects, id, 0, kWhat) != "storage" || id.size() != 5)
    throw CheckpointError("persistent id: expected ('storage', type, key, location, count)");
  const std::string& type_name = argument<GlobalObject>(objects, id, 1, kWhat).name;
  const ElementType* type = storage_type(type_name);
  if (type == nullptr)
    throw CheckpointError(fmt::format("persistent id: expected a storage type, got '{}'", type_name));
  const auto& key = argument<std::string>(objects, id, 2, kWhat);
  argument<std::string>(objects, id, 3, kWhat);  // the device it was on
  return objects.add(load_storage(key, *type, argument<std::int64_t>(objects, id, 4, kWhat)));
}

StorageObject TensorRebuilder::load_storage(const std::string& key, const ElementType& type,
                                            std::int64_t count) {
  const std::string name = folder_ + "/data/" + key;
  std::int64_t size_bytes = 0;
  if (count < 0 || __builtin_mul_overflow(count, type.size_bytes, &size_bytes))
    throw CheckpointError(
        fmt::format("storage '{}': expected a possible number of elements, got {}", key, count));
  if (const auto known = storages_.find(key); known != storages_.end()) {
    if (known->second.type != &type || known->second.elements.numel() != count)
      throw CheckpointError(fmt::format("storage '{}': expected one type and length, got two", key));
    return known->second;
  }
  const auto record = archive_.record(name);
  if (record.size() < static_cast<std::uint64_t>(size_bytes))
    throw CheckpointError(
        fmt::format("record '{}': expected {} bytes, got {}", name, size_bytes, record.size()));
  const auto bytes = record.first(static_cast<std::size_t>(size_bytes));
  if (!holds_valid_bools(bytes, type))
    throw CheckpointError(fmt::format("record '{}': expected bytes 0 and 1 in a BoolStorage", name));
  const StorageObject storage{tensor_over(archive_.mapping(), bytes, type), &type};
  storages_.emplace(key, storage);
  return storage;
}

}  // namespace qamro::io
