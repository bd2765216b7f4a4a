#include "cli/picture.h"

#include <fmt/format.h>

#include <cstdio>

#include "qamro/plotting/gnuplot.h"

namespace qamro::cli {

void draw_picture(const plotting::Chart& chart, const std::filesystem::path& path) {
  try {
    plotting::write_svg(chart, path);
  } catch (const plotting::PlotError& error) {
    fmt::print(stderr, "note: {}\n", error.what());
  }
}

}  // namespace qamro::cli
