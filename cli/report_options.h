#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "qamro/report/report.h"

namespace qamro::cli {

// What the commands that write a report have in common.
struct ReportOptions {
  std::string file;  // empty: no report
  std::string audio = "link";
  double audio_megabytes = 8;
  std::vector<std::string> audio_roots;
  std::vector<std::string> runs;
};

// --report and what belongs to it.
void add_report_options(CLI::App& command, ReportOptions& options);

// Completes the data (audio, runs, command) and writes the page, whole or not at all. `audio_roots`: where
// clips may lie, after those that the user named. Throws InvalidInput, FileError, and Error where this build
// draws no reports.
void write_report(const ReportOptions& options, report::ReportData data,
                  const std::vector<std::filesystem::path>& audio_roots);

// FILE.provenance.json beside a file of predictions, as a card; none where there is no such file.
void add_provenance_card(report::ReportData& data, const std::filesystem::path& predictions);

}  // namespace qamro::cli
