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

// Draws the chart with gnuplot, found on PATH and started without a shell and without anybody's start-up
// files, and writes it aside and renames it: an SVG file that is there is whole. Throws PlotError that
// begins with the path, and FileError where the file cannot be written.
void write_svg(const Chart& chart, const std::filesystem::path& path);

}  // namespace qamro::plotting
