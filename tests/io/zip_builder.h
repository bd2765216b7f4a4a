#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace qamro::testing {

inline std::string little_endian(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) text += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
  return text;
}

inline std::uint32_t crc32(const std::string& text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : text) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
  }
  return ~crc;
}

// A zip archive of stored records, which a test can damage.
struct ZipBuilder {
  std::vector<std::pair<std::string, std::string>> records;
  bool zip64 = false;
  std::uint16_t method = 0;  // 8: claims to be deflated
  std::uint16_t flags = 0;
  std::string comment;
  std::uint64_t offset_error = 0;     // added to each local header's offset in the directory
  std::uint64_t size_error = 0;       // added to each size in the directory
  std::uint64_t count_error = 0;      // added to the number of entries
  std::uint64_t directory_error = 0;  // added to the directory's offset
  std::string local_name_suffix;      // appended to the local header's name, not to the directory's

  std::string build() const {
    std::string file;
    std::string directory;
    for (const auto& [name, content] : records) {
      const std::uint64_t offset = file.size() + offset_error;
      const std::uint64_t size = content.size() + size_error;
      const std::string common = little_endian(flags, 2) + little_endian(method, 2) + little_endian(0, 4) +
                                 little_endian(crc32(content), 4);
      const std::string local_name = name + local_name_suffix;
      file += "PK\x03\x04" + little_endian(20, 2) + common + little_endian(content.size(), 4) +
              little_endian(content.size(), 4) + little_endian(local_name.size(), 2) + little_endian(0, 2) +
              local_name + content;
      const std::string extra = zip64 ? little_endian(1, 2) + little_endian(24, 2) + little_endian(size, 8) +
                                            little_endian(size, 8) + little_endian(offset, 8)
                                      : "";
      const auto narrow = [&](std::uint64_t value) { return little_endian(zip64 ? 0xFFFFFFFF : value, 4); };
      directory += "PK\x01\x02" + little_endian(20, 2) + little_endian(20, 2) + common + narrow(size) +
                   narrow(size) + little_endian(name.size(), 2) + little_endian(extra.size(), 2) +
                   little_endian(0, 10) + narrow(offset) + name + extra;
    }
    const std::uint64_t begin = file.size() + directory_error;
    const std::uint64_t count = records.size() + count_error;
    file += directory;
    if (zip64) {
      const std::uint64_t end_record = file.size();
      file += "PK\x06\x06" + little_endian(44, 8) + little_endian(45, 2) + little_endian(45, 2) +
              little_endian(0, 8) + little_endian(count, 8) + little_endian(count, 8) +
              little_endian(directory.size(), 8) + little_endian(begin, 8);
      file += "PK\x06\x07" + little_endian(0, 4) + little_endian(end_record, 8) + little_endian(1, 4);
    }
    return file + "PK\x05\x06" + little_endian(0, 4) + little_endian(zip64 ? 0xFFFF : count, 2) +
           little_endian(zip64 ? 0xFFFF : count, 2) +
           little_endian(zip64 ? 0xFFFFFFFF : directory.size(), 4) +
           little_endian(zip64 ? 0xFFFFFFFF : begin, 4) + little_endian(comment.size(), 2) + comment;
  }
};

}  // namespace qamro::testing
