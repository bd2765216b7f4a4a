#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/statistics/bootstrap.h"

namespace qamro::evaluation {

enum class Align { kLeft, kRight };

// Plain text in columns, two spaces apart. Widths follow from the contents (UTF-8, one column
// per code point).
class TextTable {
 public:
  struct Column {
    std::string title;
    Align align = Align::kRight;
    std::size_t max_size = 80;  // longer cells lose their middle
  };

  explicit TextTable(std::vector<Column> columns);
  // As many cells as columns. Throws InvalidInput otherwise.
  void add_row(std::vector<std::string> cells);
  // The titles, a rule and the rows; every line ends with '\n' and has no trailing blanks.
  std::string str() const;
  // Width of the widest line, in columns.
  std::size_t width() const;

 private:
  std::vector<std::size_t> column_widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Number of code points in UTF-8 text.
std::size_t text_width(std::string_view text);

// A number as the text of a cell: three decimals, or one from 10 on; a dash if absent.
std::string number_text(const std::optional<double>& number);

// "[3.71, 3.93]"; empty if absent.
std::string interval_text(const std::optional<statistics::Interval>& interval, int decimals);

// "95 %"
std::string percent_text(double confidence);

// At most `max_size` code points: "a_very_lo…stem_name".
std::string shortened(const std::string& text, std::size_t max_size);

}  // namespace qamro::evaluation
