#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"

namespace qamro::experiments {

// ".506", "-.02", "1.000": without the zero before the point, as the paper prints them.
std::string short_number(double value, int decimals, bool with_sign = false);

// Text as a cell of a Markdown table that stands for nothing but itself.
std::string markdown_cell(const std::string& text);

// Plain text: for each scope the rows in the layout of the paper's Table I, of systems and of utterances, the
// preference factors, and one sentence a row that says whether its SRCC differs from the first row's by more
// than chance. `interval_unit`: what the bootstrap draws ("sentence").
std::string render_ablation(const std::vector<AblationScope>& scopes, const std::string& interval_unit,
                            std::int64_t resamples);

// The paper's Table I in Markdown, axes side by side: the systems' metrics, then the utterances'.
void write_ablation_markdown(std::ostream& stream, const std::vector<AblationScope>& scopes);

}  // namespace qamro::experiments
