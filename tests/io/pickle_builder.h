#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "io/zip_builder.h"

// Pieces of pickles, named after what they push in Python.
namespace qamro::testing::pickle {

inline std::string text(const std::string& value) {
  return "X" + little_endian(value.size(), 4) + value;
}
inline std::string integer(std::int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX)
    return "J" + little_endian(static_cast<std::uint64_t>(value), 4);
  return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(value), 8);
}
inline std::string real(double value) {
  const std::string bytes = little_endian(std::bit_cast<std::uint64_t>(value), 8);
  return "G" + std::string(bytes.rbegin(), bytes.rend());
}
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<std::string>& items) {
  std::string all = "(";
  for (const auto& item : items) all += item;
  return all + "t";
}
inline std::string integers(const std::vector<std::int64_t>& values) {
  std::vector<std::string> items;
  for (const auto value : values) items.push_back(integer(value));
  return tuple(items);
}
inline std::string ordered_dict() {
  return global("collections", "OrderedDict") + ")R";
}
inline std::string storage(const std::string& type, const std::string& key, std::int64_t count) {
  return tuple({text("storage"), global("torch", type), text(key), text("cpu"), integer(count)}) + "Q";
}
inline std::string tensor(const std::string& storage_, std::int64_t offset,
                          const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage_, integer(offset), integers(shape), integers(strides), "\x89", ordered_dict()}) + "R";
}
// {key: value}, with a key and value for each pair of items.
inline std::string dict(const std::vector<std::string>& items) {
  std::string all = "}(";
  for (const auto& item : items) all += item;
  return all + "u";
}
inline std::string whole(const std::string& body) {
  return "\x80\x02" + body + ".";
}

// A checkpoint with this pickle and with storages "0", "1", ... that hold these bytes.
inline ZipBuilder checkpoint(const std::string& body, const std::vector<std::string>& storages = {}) {
  ZipBuilder zip;
  zip.records = {{"model/data.pkl", whole(body)}, {"model/byteorder", "little"}};
  for (std::size_t i = 0; i < storages.size(); ++i)
    zip.records.emplace_back("model/data/" + std::to_string(i), storages[i]);
  zip.records.emplace_back("model/version", "3\n");
  return zip;
}

// The six floats 0 to 5 as bytes.
inline std::string six_floats() {
  std::string bytes;
  for (const float value : {0.F, 1.F, 2.F, 3.F, 4.F, 5.F})
    bytes += little_endian(std::bit_cast<std::uint32_t>(value), 4);
  return bytes;
}

}  // namespace qamro::testing::pickle
