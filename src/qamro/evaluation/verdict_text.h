#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/system_comparison.h"

// The words of verdicts, in one place: what score, compare, gate and the report print says no more than the
// tests do.
namespace qamro::evaluation {

// "p = .023", "p < .001": never p = 0.
std::string p_words(double p);

// "26 paired clips", "24 and 26 clips".
std::string clips_words(const statistics::MeanDifference& test);

// " [+0.10, +0.50]"; nothing without an interval.
std::string interval_words(const std::optional<statistics::Interval>& interval);

// "a", "a and b", "a, b and c", "a, b, c and 4 more".
std::string listed(const std::vector<std::string>& names);

// "about 90 (55 to 170) paired clips", to two digits.
std::string clips_needed_words(const statistics::ClipsNeeded& needed);

// The systems that the best one cannot be told apart from, as places in the ranking.
std::vector<std::size_t> tied_with_best(const SystemComparison& comparison);

// The pair that a verdict speaks of: the best system and the next one that it is not told apart from, or else
// the runner-up. Null if there are fewer than two systems.
const SystemPair* headline_pair(const SystemComparison& comparison);

// A verdict for a page: the sentence in large letters, and what it rests on below.
struct VerdictWords {
  std::string answer;    // "new is ahead of old by 0.30 [+0.10, +0.50]"
  std::string evidence;  // "p = .001, 26 paired clips", or of a tie what would settle it; "": nothing
};
VerdictWords verdict_words(const SystemVerdict& verdict);

// verdict_words() as one sentence for people. A tie has no winner; a winner is named with the runner-up,
// their difference, its interval, p (corrected for the number of pairs) and the number of clips.
std::string verdict_sentence(const SystemVerdict& verdict);
// The same after the axis: "mos: ...".
std::string verdict_text(const std::string& axis, const SystemVerdict& verdict);

// "Systems that share a letter cannot be told apart:
// permutation test of 91 pairs, Holm-corrected, 95 % confidence.": what made the letters.
std::string letters_note(const SystemComparison& comparison);

}  // namespace qamro::evaluation
