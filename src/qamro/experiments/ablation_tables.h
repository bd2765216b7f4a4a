#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"

namespace qamro::experiments {

// ".506", "-.02", "1.000": no zero before the point, as the paper prints numbers.
std::string short_number(double value, int decimals, bool with_sign = false);

// Text as a cell of a Markdown table, escaped so that it shows as it is.
std::string markdown_cell(const std::string& text);

// Plain text. For each scope: the rows in the layout of the paper's Table I, for systems and for utterances;
// the preference factors; and one sentence per row that says whether its SRCC differs from the first row's by
// more than chance. `interval_unit`: what the bootstrap draws ("sentence").
std::string render_ablation(const std::vector<AblationScope>& scopes, const std::string& interval_unit,
                            std::int64_t resamples);

// The paper's Table I in Markdown, axes side by side: first the systems' metrics, then the utterances'.
void write_ablation_markdown(std::ostream& stream, const std::vector<AblationScope>& scopes);

}  // namespace qamro::experiments
