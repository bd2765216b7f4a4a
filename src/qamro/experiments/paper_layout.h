#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"
#include "qamro/experiments/paper_tables.h"

namespace qamro::experiments {

// A table of the paper with ours beside it. Each of the paper's rows is followed by our row of the same
// losses, with intervals, if we have one. Our other rows (look-up, constant, systems held out) come
// last. Uses the scopes of all clips, at the system level if systems are known on every axis, else at
// the utterance level.
struct LaidOutCell {
  std::optional<double> value;
  std::optional<statistics::Interval> interval;
};

struct LaidOutRow {
  std::string model;
  bool is_paper = false;
  std::vector<std::vector<LaidOutCell>> cells;  // [axis][metric]
};

struct PaperLayout {
  PaperTable paper;
  std::string level;           // "system" or "utterance"
  std::vector<std::size_t> n;  // number of systems or clips on each axis
  std::vector<LaidOutRow> rows;
};

PaperLayout lay_out(const PaperTable& paper, const std::vector<AblationScope>& scopes);

std::string render(const PaperLayout& layout);
void write_markdown(std::ostream& stream, const PaperLayout& layout);
// Columns: model, source (paper or ours), level, axis, metric, value, low, high.
void write_csv(std::ostream& stream, const PaperLayout& layout);
nlohmann::ordered_json layout_json(const PaperLayout& layout);

}  // namespace qamro::experiments
