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

// One JSON value per line. Blank lines and a byte order mark are skipped; LF or CRLF ends a line, and the
// last line needs no line end. NaN is read as null, and Infinity as the string "inf": JSON has no
// such words, but Python's json writes them. A line with a dictionary as Python prints it is read, too.
//
// next() throws InvalidInput "file:line:column: ..." for a line that is not JSON (or not UTF-8), and
// "file:line: ..." for one nested deeper than 100; the following call continues with the next line. FileError
// is thrown if the file cannot be opened or read.
class JsonlReader {
 public:
  explicit JsonlReader(const std::filesystem::path& path);
  // `name` is the file's name in messages. The stream must outlive the reader.
  JsonlReader(std::istream& stream, std::string name);

  // False at the end of the file. After an exception, row.line is the broken line's number.
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
