#pragma once

#include <filesystem>

#include "qamro/plotting/chart.h"

namespace qamro::cli {

// Draws the chart into an SVG file. A picture is no reason to fail a run that is done: where gnuplot is
// missing or fails, one line on stderr says so and how to get it.
void draw_picture(const plotting::Chart& chart, const std::filesystem::path& path);

}  // namespace qamro::cli
