#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::plotting {

// Okabe and Ito's palette, which colour-blind readers tell apart ("Color Universal Design", 2008).
enum class Colour { kBlack, kBlue, kVermilion, kGreen, kPurple };

struct Point {
  double x = 0.0;
  double y = 0.0;                // NaN or infinite: not drawn, the line has a gap
  double low = 0.0, high = 0.0;  // for Style::kIntervals
};

enum class Style {
  kFaintLines,  // many runs of one kind
  kLine,        // their mean, thick
  kIntervals,   // points with low and high, joined by a thin line
  kDashed,      // a reference
  kMarks,       // points alone
};

// Lines that share colour and meaning: one entry of the key.
struct Series {
  std::string name;  // any text; "": no entry in the key
  Style style = Style::kLine;
  Colour colour = Colour::kBlue;
  std::vector<std::vector<Point>> lines;
};

struct Panel {
  std::string title;
  std::string x_label, y_label;  // with units
  std::vector<Series> series;
  std::vector<double> x_ticks;  // empty: gnuplot chooses
};

struct Chart {
  std::vector<Panel> panels;
  std::size_t columns = 2;  // panels side by side
  int panel_width = 560;    // in pixels
  int panel_height = 460;
};

// The chart as a gnuplot script that writes SVG to its standard output, on a white background so that it is
// readable on dark pages too. The script contains names only in escaped form, see gnuplot_text(). Throws
// InvalidInput for a chart without panels or columns.
std::string gnuplot_script(const Chart& chart);

// Text as a gnuplot string that can be nothing but that text: every byte except ASCII letters and blanks is
// an octal escape, because gnuplot runs commands between backticks and in system("..."), even inside double
// quotes. Control characters become blanks, invalid UTF-8 becomes U+FFFD, "]]>" becomes "]] >" (SVG is XML),
// and text longer than 60 characters is cut and ends in "…".
std::string gnuplot_text(std::string_view text);

// No picture could be drawn: gnuplot is not installed, or it failed.
class PlotError : public Error {
 public:
  using Error::Error;
};

// Draws the chart with gnuplot, which is found on PATH and started without a shell or start-up files. Writes
// to a temporary file and renames it, so that an SVG file at `path` is always complete. Throws PlotError that
// begins with the path, and FileError if the file cannot be written.
void write_svg(const Chart& chart, const std::filesystem::path& path);

// The losses over epochs from a run's metrics.jsonl: thin lines for every seed and fold, thick lines for the
// means. Also the value that early stopping watches, if it is not the loss. `monitor` is its name as in a
// recipe; with `marks_best` each run's best epoch is marked. Runs of the final model are left out. Throws
// InvalidInput that names file and line for a line that is not a line of metrics.
Chart learning_curves(const std::filesystem::path& metrics, const std::string& monitor, bool marks_best);

}  // namespace qamro::plotting
