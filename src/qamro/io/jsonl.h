#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace qamro::io {

struct JsonlRow {
  std::size_t line = 0;  // from 1
  nlohmann::ordered_json value;
};

// One JSON value a line. Blank lines and a byte order mark are skipped, LF or CRLF ends a line, the last line
// needs no line end. NaN, which Python's json writes for a missing number though JSON has no such word, is
// read as null.
//
// next() throws InvalidInput "file:line:column: ..." for a line that is no JSON (or no UTF-8); the following
// call goes on with the next line. FileError where the file cannot be opened or read.
class JsonlReader {
 public:
  explicit JsonlReader(const std::filesystem::path& path);
  // name stands for the file in messages. The stream must outlive the reader.
  JsonlReader(std::istream& stream, std::string name);

  // False at the end of the file. After an exception row.line is the broken line's.
  bool next(JsonlRow& row);

  const std::string& name() const { return name_; }
  // "file:line", as in the messages.
  std::string where(std::size_t line) const;

 private:
  std::unique_ptr<std::istream> file_;
  std::istream* stream_;
  std::string name_;
  std::size_t line_ = 0;
};

}  // namespace qamro::io
