#include "qamro/io/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <streambuf>

#include "qamro/core/error.h"
#include "qamro/io/text_file.h"

namespace qamro::io {

namespace {

// What a spreadsheet would run as a formula: it begins with one of = + - @ and is no number.
bool is_formula(std::string_view field) {
  if (field.empty() || std::string_view("=+-@").find(field.front()) == std::string_view::npos) return false;
  double value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, failure] = std::from_chars(field.data() + (field.front() == '+' ? 1 : 0), end, value);
  return failure != std::errc() || stop != end;
}

}  // namespace

void CsvOptions::validate() const {
  if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' || delimiter == '\0')
    throw InvalidInput("csv delimiter: expected a character other than quote, line end and NUL");
}

CsvReader::CsvReader(const std::filesystem::path& path, const CsvOptions& options)
    : file_(open_input(path)), stream_(file_.get()), name_(path.string()), options_(options) {
  read_header();
}

CsvReader::CsvReader(std::istream& stream, std::string name, const CsvOptions& options)
    : stream_(&stream), name_(std::move(name)), options_(options) {
  read_header();
}

std::string CsvReader::where(std::size_t line) const {
  return fmt::format("{}:{}", name_, line);
}

std::optional<std::size_t> CsvReader::find_column(std::string_view column) const {
  const auto found = std::find(header_.begin(), header_.end(), column);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

std::size_t CsvReader::require_column(std::string_view column) const {
  if (const auto index = find_column(column)) return *index;
  throw InvalidInput(
      fmt::format("{}: expected a column '{}', got the header '{}'", name_, column, fmt::join(header_, ",")));
}

bool CsvReader::next(CsvRow& row) {
  if (!read_row(row)) return false;
  for (std::string& field : row.fields)
    if (field.size() > 1 && field.front() == '\'' && is_formula(std::string_view(field).substr(1)))
      field.erase(0, 1);
  if (width_ == 0) width_ = row.fields.size();
  check_width(row);
  return true;
}

void CsvReader::read_header() {
  options_.validate();
  if (!options_.header) return;
  CsvRow row;
  if (!read_row(row)) return;
  std::set<std::string_view> seen;
  for (const std::string& column : row.fields)
    if (!column.empty() && !seen.insert(column).second)
      throw InvalidInput(
          fmt::format("{}: expected every column once, got '{}' twice", where(row.line), column));
  width_ = row.fields.size();
  header_ = std::move(row.fields);
}

bool CsvReader::read_line() {
  if (!std::getline(*stream_, text_)) {
    if (stream_->bad()) throw FileError(fmt::format("{}: cannot be read", where(line_ + 1)));
    return false;
  }
  if (++line_ == 1) text_ = std::string(without_byte_order_mark(text_));
  position_ = 0;
  if (text_.find('\0') != std::string::npos)
    throw InvalidInput(fmt::format("{}: expected text, got a NUL byte", where(line_)));
  return true;
}

bool CsvReader::read_row(CsvRow& row) {
  row.fields.clear();
  do {
    row.line = line_ + 1;
    if (!read_line()) return false;
  } while (text_.empty() || text_ == "\r");
  bool more = true;
  while (more) {
    row.fields.emplace_back();
    more = read_field(row.fields.back());
  }
  return true;
}

// True if a delimiter ended the field, so that the row continues.
bool CsvReader::read_field(std::string& field) {
  if (text_[position_] == '"') {  // text_[text_.size()] is NUL
    read_quoted(field);
  } else {
    const std::size_t end = std::min(text_.find(options_.delimiter, position_), text_.size());
    field.assign(text_, position_, end - position_);
    position_ = end;
    if (end == text_.size() && field.ends_with('\r')) field.pop_back();
  }
  if (position_ >= text_.size()) return false;
  ++position_;
  return true;
}

// Leaves position_ on the delimiter, or past the end of the line.
void CsvReader::read_quoted(std::string& field) {
  const std::size_t opening_line = line_;
  ++position_;
  while (true) {
    const std::size_t quote = text_.find('"', position_);
    field.append(text_, position_, quote - position_);
    if (quote == std::string::npos) {
      field.push_back('\n');
      if (!read_line())
        throw InvalidInput(
            fmt::format("{}: expected a closing quote, got the end of the file", where(opening_line)));
      continue;
    }
    position_ = quote + 1;
    if (text_[position_] != '"') break;
    field.push_back('"');
    ++position_;
  }
  if (text_.compare(position_, std::string::npos, "\r") == 0) ++position_;
  if (position_ < text_.size() && text_[position_] != options_.delimiter)
    throw InvalidInput(fmt::format("{}: expected '{}' or the line's end after a closing quote, got '{}'",
                                   where(line_), options_.delimiter, text_[position_]));
}

void CsvReader::check_width(const CsvRow& row) const {
  if (options_.equal_columns && row.fields.size() != width_)
    throw InvalidInput(
        fmt::format("{}: expected {} columns, got {}", where(row.line), width_, row.fields.size()));
}

namespace {

// Reads a text where it lies.
struct TextBuffer : std::streambuf {
  explicit TextBuffer(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

// How many fields the rows that are not blank have; an empty last field does not count.
struct Widths {
  std::size_t first = 0;
  bool are_equal = true;
};

// `only_first`: reads no further than the first row.
Widths widths_with(std::string& text, char delimiter, bool only_first) {
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  CsvReader reader(stream, "", {.delimiter = delimiter, .header = false, .equal_columns = false});
  Widths widths;
  CsvRow row;
  while (true) {
    try {
      if (!reader.next(row)) return widths;
    } catch (const InvalidInput&) {  // told when the row is read
      return widths;
    }
    const bool is_blank = std::ranges::all_of(row.fields, [](const std::string& field) {
      return field.find_first_not_of(" \t\r") == std::string::npos;
    });
    if (is_blank) continue;
    const std::size_t fields =
        row.fields.size() - (row.fields.size() > 1 && row.fields.back().empty() ? 1 : 0);
    if (widths.first == 0) widths.first = fields;
    widths.are_equal = widths.are_equal && fields == widths.first;
    if (only_first || !widths.are_equal) return widths;
  }
}

}  // namespace

char find_delimiter(std::string& text) {
  if (text.starts_with("sep=") && text.size() > 5 && (text[5] == '\n' || text[5] == '\r')) {
    const char delimiter = text[4];
    text.erase(0, 5);
    return delimiter;
  }
  std::vector<char> candidates;
  char best = ',';
  std::size_t most = 1;
  for (const char delimiter : {'\t', ';', ','}) {
    const std::size_t first = widths_with(text, delimiter, true).first;
    if (first > 1) candidates.push_back(delimiter);
    if (first > most) {
      most = first;
      best = delimiter;
    }
  }
  if (candidates.size() > 1)  // the whole text decides
    for (const char delimiter : candidates)
      if (widths_with(text, delimiter, false).are_equal) return delimiter;
  return best;
}

CsvWriter::CsvWriter(std::ostream& stream, char delimiter, bool escapes_formulas)
    : stream_(&stream), delimiter_(delimiter), escapes_formulas_(escapes_formulas) {
  CsvOptions{.delimiter = delimiter}.validate();
}

void CsvWriter::write(const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i != 0) stream_->put(delimiter_);
    write_field(fields[i]);
  }
  // A row of one empty field would be a blank line, which readers skip.
  if (fields.size() == 1 && fields[0].empty()) *stream_ << "\"\"";
  stream_->put('\n');
}

void CsvWriter::write_field(const std::string& field) {
  if (escapes_formulas_ && is_formula(field)) return write_field("'" + field);
  const bool plain =
      field.find_first_of("\"\r\n") == std::string::npos && field.find(delimiter_) == std::string::npos;
  if (plain) {
    *stream_ << field;
    return;
  }
  stream_->put('"');
  for (const char character : field) {
    if (character == '"') stream_->put('"');
    stream_->put(character);
  }
  stream_->put('"');
}

}  // namespace qamro::io
