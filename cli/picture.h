#pragma once

#include <filesystem>

#include "qamro/plotting/chart.h"

namespace qamro::cli {

// Draws the chart into an SVG file. A missing picture must not fail a finished run: if gnuplot is missing or
// fails, one line on stderr says so and how to get it.
void draw_picture(const plotting::Chart& chart, const std::filesystem::path& path);

}  // namespace qamro::cli
