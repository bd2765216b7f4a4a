#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "qamro/plotting/chart.h"
#include "qamro/report/report.h"

namespace qamro::cli {

// Options shared by the commands that write a report.
struct ReportOptions {
  std::string file;  // empty: no report
  std::string audio = "link";
  double audio_megabytes = 8;
  std::vector<std::string> audio_roots;
  std::vector<std::string> runs;
};

// Adds --report and the options that belong to it.
void add_report_options(CLI::App& command, ReportOptions& options);

// Completes the data (audio, runs, command) and writes the page, whole or not at all. `audio_roots`: folders
// that may hold the clips, after those from the user. Throws InvalidInput, FileError, and Error if this build
// cannot draw reports.
void write_report(const ReportOptions& options, report::ReportData data,
                  const std::vector<std::filesystem::path>& audio_roots);

// Draws the chart into an SVG file. A missing picture must not fail a finished run: if gnuplot is missing or
// fails, one line on stderr says so and how to get it.
void draw_picture(const plotting::Chart& chart, const std::filesystem::path& path);

}  // namespace qamro::cli
