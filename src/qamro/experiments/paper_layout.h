#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"
#include "qamro/experiments/paper_tables.h"

namespace qamro::experiments {

// A table of the paper with ours beside it: of each row the paper's numbers, and where we have a row of the
// same losses ours with its intervals; behind them the rows that the paper does not have (look-up, constant,
// systems held out). `scopes`: one an axis, all clips; systems where they are known, else utterances.
struct LaidOutCell {
  std::optional<double> value;
  std::optional<evaluation::Interval> interval;
};

struct LaidOutRow {
  std::string model;
  bool is_paper = false;
  std::vector<std::vector<LaidOutCell>> cells;  // [axis][metric]
};

struct PaperLayout {
  PaperTable paper;
  std::string level;           // "system" or "utterance"
  std::vector<std::size_t> n;  // of each axis: systems or clips
  std::vector<LaidOutRow> rows;
};

PaperLayout lay_out(const PaperTable& paper, const std::vector<AblationScope>& scopes);

std::string render(const PaperLayout& layout);
void write_markdown(std::ostream& stream, const PaperLayout& layout);
// model, source (paper or ours), level, axis, metric, value, low, high.
void write_csv(std::ostream& stream, const PaperLayout& layout);
nlohmann::ordered_json layout_json(const PaperLayout& layout);

}  // namespace qamro::experiments
