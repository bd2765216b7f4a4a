#pragma once

#include <filesystem>
#include <string>

#include "qamro/core/error.h"
#include "qamro/plotting/chart.h"

namespace qamro::plotting {

// No picture could be drawn: gnuplot is not installed, or it failed.
class PlotError : public Error {
 public:
  using Error::Error;
};

// Draws the chart with gnuplot, which is found on PATH and started without a shell or start-up files. Writes
// to a temporary file and renames it, so that an SVG file at `path` is always complete. Throws PlotError that
// begins with the path, and FileError if the file cannot be written.
void write_svg(const Chart& chart, const std::filesystem::path& path);

}  // namespace qamro::plotting
