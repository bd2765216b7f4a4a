#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/temporary_folder.h"

namespace qamro::testing {

// GPT-2's character for a byte, computed independently of the encoder.
inline std::string byte_character(int byte) {
  std::vector<int> order;
  for (int b = 0; b < 256; ++b)
    if ((b > 32 && b < 127) || (b > 160 && b != 173)) order.push_back(b);
  int value = byte;
  if (std::find(order.begin(), order.end(), byte) == order.end()) {
    value = 256;
    for (int b = 0; b < byte; ++b) value += std::find(order.begin(), order.end(), b) == order.end();
  }
  if (value < 128) return {static_cast<char>(value)};
  return {static_cast<char>(0xC0 + value / 64), static_cast<char>(0x80 + value % 64)};
}

inline std::string json_string(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
  return quoted + "\"";
}

// vocab.json and merges.txt: <s> is 0, <pad> 1, </s> 2, byte b is 3 + b, and the merges' results follow from
// 259 on.
class SmallVocabulary {
 public:
  explicit SmallVocabulary(const std::vector<std::string>& merges) {
    std::string vocabulary = R"({"<s>": 0, "<pad>": 1, "</s>": 2)", lines = "#version: 0.2\n";
    for (int b = 0; b < 256; ++b)
      vocabulary += ", " + json_string(byte_character(b)) + ": " + std::to_string(3 + b);
    int id = 259;
    for (const auto& merge : merges) {
      const auto space = merge.find(' ');
      vocabulary +=
          ", " + json_string(merge.substr(0, space) + merge.substr(space + 1)) + ": " + std::to_string(id++);
      lines += merge + "\n";
    }
    folder_.write("vocab.json", vocabulary + "}");
    folder_.write("merges.txt", lines);
  }

  std::filesystem::path path() const { return folder_.path(); }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
};

}  // namespace qamro::testing
