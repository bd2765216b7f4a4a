#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"

namespace qamro::experiments {

// ".506", "-.02", "1.000": no zero before the point, as the paper prints numbers.
std::string short_number(double value, int decimals, bool with_sign = false);

// Text as a cell of a Markdown table, escaped so that it shows as it is.
std::string markdown_cell(const std::string& text);

// What bootstrap and tests speak of.
struct TestedUnits {
  std::string utterance;  // what is drawn and changes sides at the utterance level: "sentence"
  std::int64_t permutations = 0;
  std::string where = {};  // "mos, all clips: ", for a line of its own
};

// A note as a paragraph of Markdown.
std::string markdown_note(const std::string& note);

// Plain text. For each scope: the rows in the layout of the paper's Table I, for systems and for utterances;
// the preference factors; and one sentence per row that says whether its SRCC differs from the first row's by
// more than chance.
std::string render_ablation(const std::vector<AblationScope>& scopes, const TestedUnits& units,
                            std::int64_t resamples);

// One line that says what tests at a level would need to show a difference at all; "" if they can.
std::string needs_text(const char* level, std::span<const std::optional<RowTest>> tests, std::size_t units,
                       const TestedUnits& what);

// The paper's Table I in Markdown, axes side by side: first the systems' metrics, then the utterances'. The
// notes follow.
void write_ablation_markdown(std::ostream& stream, const std::vector<AblationScope>& scopes,
                             const std::vector<std::string>& notes);

}  // namespace qamro::experiments
