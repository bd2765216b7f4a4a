#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/metrics/metric.h"

namespace qamro::experiments {

// The tables of the QAMRO paper (arXiv 2508.08957), to be printed beside ours. All at the system level.
struct PaperRow {
  std::string name;                        // as the paper writes it
  std::string ours;                        // our row of the same losses; "": none
  std::vector<std::vector<double>> value;  // [axis][metric]
};

struct PaperTable {
  std::string title;
  std::vector<std::string> axes;  // as the recipe calls them
  std::vector<metrics::Metric> metrics;
  std::vector<PaperRow> rows;
};

// Names of our rows, as training::ablation_variants gives them.
inline constexpr const char* kRegressionOnly = "regression only";
inline constexpr const char* kFixedMargin = "+ fixed margin (Eq. 1)";
inline constexpr const char* kAdaptiveMargin = "+ adaptive margin (Eq. 2)";
inline constexpr const char* kQamro = "+ quality weighting = QAMRO (Eq. 3)";

// MusicEval's test split, 30 systems, 413 clips.
const PaperTable& table_1();
// AES-Natural as the paper calls it; SRCC only.
const PaperTable& table_2();
// Where the paper's Fig. 1 peaks.
inline constexpr double kPaperPeakFactor = 7.0;

}  // namespace qamro::experiments
