#include <fmt/format.h>

#include <array>
#include <bit>
#include <unordered_set>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/io/pickle_machine.h"
#include "qamro/io/tensor_rebuilder.h"

namespace qamro::io {
namespace {

constexpr std::array<std::pair<std::uint8_t, const char*>, 29> kRefused = {{
    {'0', "POP"},
    {'1', "POP_MARK"},
    {'2', "DUP"},
    {'F', "FLOAT"},
    {'I', "INT"},
    {'L', "LONG"},
    {'P', "PERSID"},
    {'S', "STRING"},
    {'T', "BINSTRING"},
    {'U', "SHORT_BINSTRING"},
    {'V', "UNICODE"},
    {'d', "DICT"},
    {'g', "GET"},
    {'i', "INST"},
    {'l', "LIST"},
    {'o', "OBJ"},
    {'p', "PUT"},
    {0x81, "NEWOBJ"},
    {0x82, "EXT1"},
    {0x83, "EXT2"},
    {0x84, "EXT4"},
    {0x8b, "LONG4"},
    {0x8f, "EMPTY_SET"},
    {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},
    {0x92, "NEWOBJ_EX"},
    {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"},
    {0x98, "READONLY_BUFFER"},
}};

}  // namespace

std::string refused_opcode_name(std::uint8_t code) {
  for (const auto& [refused, name] : kRefused)
    if (refused == code) return name;
  return fmt::format("{:#04x}", code);
}

std::string_view PickleInput::take(std::uint64_t count) {
  if (count > pickle_.size() - position_)
    throw CheckpointError(fmt::format("the pickle is cut short: expected {} bytes more, got {}", count,
                                      pickle_.size() - position_));
  const char* begin = reinterpret_cast<const char*>(pickle_.data()) + position_;
  position_ += static_cast<std::size_t>(count);
  return {begin, static_cast<std::size_t>(count)};
}

std::uint64_t PickleInput::number(unsigned bytes) {
  std::uint64_t value = 0;
  const std::string_view text = take(bytes);
  for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return value;
}

std::string_view PickleInput::line() {
  const char* begin = reinterpret_cast<const char*>(pickle_.data()) + position_;
  const auto end = std::string_view(begin, pickle_.size() - position_).find('\n');
  if (end == std::string_view::npos) throw CheckpointError("the pickle is cut short: expected a line end");
  return take(end + 1).substr(0, end);
}

std::int64_t PickleInput::long_integer() {
  const auto bytes = static_cast<unsigned>(number(1));
  if (bytes > 8) throw CheckpointError(fmt::format("expected an integer of at most 8 bytes, got {}", bytes));
  if (bytes == 0) return 0;
  const unsigned unused = 64 - 8 * bytes;
  return static_cast<std::int64_t>(number(bytes) << unused) >> unused;
}

double PickleInput::big_endian_double() {
  std::uint64_t bits = 0;
  for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
  return std::bit_cast<double>(bits);
}

namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;  // a checkpoint's pickle has some 100 kB
constexpr std::size_t kMaxItems = 500'000;
constexpr std::size_t kBytesPerItem = 64;  // text counts as one more item per this many bytes
constexpr int kMaxContainerDepth = 100;

class Converter {
 public:
  explicit Converter(const PickleObjects& objects) : objects_(objects) {}

  PickleValue convert(ObjectId id, int depth) {
    count(1);
    return std::visit([&](const auto& object) { return from(object, id, depth); }, objects_[id]);
  }

 private:
  void count(std::size_t items) {
    items_ += items;
    if (items_ > kMaxItems)
      throw CheckpointError(
          fmt::format("expected at most {} items after expanding shared ones, got more", kMaxItems));
  }
  static int deeper(int depth) {
    if (depth >= kMaxContainerDepth)
      throw CheckpointError(fmt::format(
          "expected containers at most {} deep, got more, or one that contains itself", kMaxContainerDepth));
    return depth + 1;
  }

  // None, bool, int, float and tensors are the same type on both sides.
  template <typename T>
  PickleValue from(const T& object, ObjectId, int) {
    return {object};
  }
  PickleValue from(const std::string& text, ObjectId, int) {
    count(text.size() / kBytesPerItem);
    return {text};
  }
  PickleValue from(const PickleBytes& bytes, ObjectId, int) {
    count(bytes.data.size() / kBytesPerItem);
    return {bytes};
  }
  PickleValue from(const ListObject& list, ObjectId, int depth) {
    return {PickleList{convert_all(list.items, deeper(depth))}};
  }
  PickleValue from(const TupleObject& tuple, ObjectId, int depth) {
    return {PickleTuple{convert_all(tuple.items, deeper(depth))}};
  }
  PickleValue from(const DictObject& dict, ObjectId, int depth) {
    PickleDict converted;
    std::unordered_set<std::string> keys;
    for (const auto& [key, item] : dict.items) {
      PickleValue name = convert(key, deeper(depth));
      if (const auto* text = name.get_if<std::string>(); text != nullptr && !keys.insert(*text).second)
        throw CheckpointError(fmt::format("expected every key of a dict once, got '{}' twice", *text));
      if (name.get_if<PickleList>() != nullptr || name.get_if<PickleDict>() != nullptr ||
          name.get_if<at::Tensor>() != nullptr)
        throw CheckpointError(fmt::format("expected a plain key in a dict, got a {}", name.type_name()));
      converted.items.push_back({std::move(name), convert(item, deeper(depth))});
    }
    return {std::move(converted)};
  }
  PickleValue from(const GlobalObject&, ObjectId id, int) { return refuse(id); }
  PickleValue from(const StorageObject&, ObjectId id, int) { return refuse(id); }

  PickleValue refuse(ObjectId id) const {
    throw CheckpointError(fmt::format("expected a plain value or a tensor, got a {}", objects_.describe(id)));
  }
  std::vector<PickleValue> convert_all(const std::vector<ObjectId>& items, int depth) {
    std::vector<PickleValue> converted;
    converted.reserve(items.size());
    for (const ObjectId item : items) converted.push_back(convert(item, depth));
    return converted;
  }

  const PickleObjects& objects_;
  std::size_t items_ = 0;
};

}  // namespace

ObjectId PickleObjects::add(PickleObject object) {
  const auto* text = std::get_if<std::string>(&object);
  const auto* bytes = std::get_if<PickleBytes>(&object);
  // Vectors that grow hold up to half as much again.
  charge(2 * sizeof(PickleObject) + (text != nullptr ? text->size() : 0) +
         (bytes != nullptr ? bytes->data.size() : 0));
  objects_.push_back(std::move(object));
  return static_cast<ObjectId>(objects_.size() - 1);
}

void PickleObjects::charge(std::size_t bytes) {
  charged_ += std::min(bytes, kMaxBytes + 1);
  if (charged_ > kMaxBytes)
    throw CheckpointError(
        fmt::format("expected a pickle that takes at most {} bytes of memory, got more", kMaxBytes));
}

std::string PickleObjects::describe(ObjectId id) const {
  constexpr std::array<const char*, 12> kNames = {"None", "bool",  "int",  "float",  "str",     "bytes",
                                                  "list", "tuple", "dict", "global", "storage", "tensor"};
  const PickleObject& object = objects_[id];
  if (const auto* global = std::get_if<GlobalObject>(&object))
    return fmt::format("global '{}'", global->name);
  return kNames.at(object.index());
}

PickleValue PickleObjects::to_value(ObjectId root) const {
  return Converter(*this).convert(root, 0);
}

}  // namespace qamro::io
