#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace qamro::io {

struct CsvOptions {
  char delimiter = ',';
  bool header = true;         // the first row names the columns
  bool equal_columns = true;  // a row with more or fewer fields than the first one is an error

  // Throws InvalidInput if the delimiter is a quote, a line end or NUL.
  void validate() const;
};

struct CsvRow {
  std::size_t line = 0;  // where the row starts, counted from 1
  std::vector<std::string> fields;
};

// Rows of an RFC 4180 file: quoted fields with doubled quotes, line ends inside quotes, LF or CRLF, with or
// without a byte order mark. Empty lines are skipped. Nothing is trimmed. A quote inside an unquoted field is
// an ordinary character.
//
// Reading throws InvalidInput that begins with "file:line:" for a wrong number of fields, text after a
// closing quote, an unclosed quote (with the line that opens it), a NUL byte and a repeated column name.
// After such an error, next() continues with the following row. FileError is thrown if the file cannot be
// opened or read.
class CsvReader {
 public:
  explicit CsvReader(const std::filesystem::path& path, const CsvOptions& options = {});
  // `name` is the file's name in messages. The stream must outlive the reader.
  CsvReader(std::istream& stream, std::string name, const CsvOptions& options = {});

  // Empty if options.header is false or the file is empty.
  const std::vector<std::string>& header() const { return header_; }
  std::optional<std::size_t> find_column(std::string_view column) const;
  // Throws InvalidInput that lists the header.
  std::size_t require_column(std::string_view column) const;

  // False at the end of the file.
  bool next(CsvRow& row);

  const std::string& name() const { return name_; }
  // "file:line", as in the messages.
  std::string where(std::size_t line) const;

 private:
  void read_header();
  bool read_line();
  bool read_row(CsvRow& row);
  bool read_field(std::string& field);
  void read_quoted(std::string& field);
  void check_width(const CsvRow& row) const;

  std::unique_ptr<std::istream> file_;
  std::istream* stream_;
  std::string name_;
  CsvOptions options_;
  std::vector<std::string> header_;
  std::size_t width_ = 0;  // 0: not known yet
  std::string text_;       // the line being read
  std::size_t position_ = 0;
  std::size_t line_ = 0;
};

// The delimiter of a table with or without a header: TAB, ';' or ',', the first that gives all rows the same
// number of fields, at least two; if none does, the one that gives the first row the most. A line "sep=;" in
// front, as Excel reads it, is taken at its word and made empty.
char find_delimiter(std::string& text);

// Quotes a field only if needed; ends rows with LF. A field that a spreadsheet would run as a formula gets an
// apostrophe in front, which CsvReader takes away. The stream must outlive the writer.
class CsvWriter {
 public:
  // escapes_formulas: off for rows whose names the program or its user has chosen ("+ fixed margin").
  explicit CsvWriter(std::ostream& stream, char delimiter = ',', bool escapes_formulas = true);
  void write(const std::vector<std::string>& fields);

 private:
  void write_field(const std::string& field);

  std::ostream* stream_;
  char delimiter_;
  bool escapes_formulas_;
};

}  // namespace qamro::io
