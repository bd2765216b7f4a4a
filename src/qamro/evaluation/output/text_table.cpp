#include "qamro/evaluation/output/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::evaluation {
namespace {

bool starts_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

// Where code point number `index` starts.
std::size_t byte_of(std::string_view text, std::size_t index) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (starts_code_point(text[i]) && seen++ == index) return i;
  return text.size();
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string number_text(const std::optional<double>& number) {
  return number ? fmt::format("{:.{}f}", *number, std::abs(*number) >= 10 ? 1 : 3) : "–";
}

std::string interval_text(const std::optional<statistics::Interval>& interval, int decimals) {
  if (!interval) return "";
  return fmt::format("[{:.{}f}, {:.{}f}]", interval->low, decimals, interval->high, decimals);
}

std::string percent_text(double confidence) {
  return fmt::format("{:g} %", 100 * confidence);
}

std::string shortened(const std::string& text, std::size_t max_size) {
  const std::size_t width = text_width(text);
  if (width <= max_size || max_size < 3) return text;
  const std::size_t tail = (max_size - 1) / 2;
  const std::size_t head = max_size - 1 - tail;
  return text.substr(0, byte_of(text, head)) + "…" + text.substr(byte_of(text, width - tail));
}

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

void TextTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size())
    throw InvalidInput(fmt::format("table row: expected {} cells, got {}", columns_.size(), cells.size()));
  for (std::size_t c = 0; c < cells.size(); ++c) cells[c] = shortened(cells[c], columns_[c].max_size);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> TextTable::column_widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(text_width(column.title));
  for (const auto& row : rows_)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], text_width(row[c]));
  return widths;
}

std::size_t TextTable::width() const {
  std::size_t width = 0;
  for (const std::size_t column : column_widths()) width += column + 2;
  return width - std::min<std::size_t>(width, 2);
}

std::string TextTable::str() const {
  const std::vector<std::size_t> widths = column_widths();
  const auto padded = [&](const std::string& cell, std::size_t c) {
    const std::string blanks(widths[c] - text_width(cell), ' ');
    return columns_[c].align == Align::kLeft ? cell + blanks : blanks + cell;
  };
  std::string titles;
  std::string rule;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    titles += (c > 0 ? "  " : "") + padded(columns_[c].title, c);
    for (std::size_t i = 0; i < widths[c] + (c > 0 ? 2 : 0); ++i) rule += "─";
  }
  std::string text = without_trailing_blanks(titles) + "\n" + rule + "\n";
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) line += (c > 0 ? "  " : "") + padded(row[c], c);
    text += without_trailing_blanks(line) + "\n";
  }
  return text;
}

}  // namespace qamro::evaluation
