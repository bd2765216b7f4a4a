#include "qamro/evaluation/verdict_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace qamro::evaluation {
namespace {

constexpr std::size_t kMaxNames = 3;

const SystemPair& pair_of(const SystemComparison& comparison, std::size_t better, std::size_t worse) {
  return *std::find_if(comparison.pairs.begin(), comparison.pairs.end(),
                       [&](const SystemPair& pair) { return pair.better == better && pair.worse == worse; });
}

// An estimate is no better known than to two digits.
std::size_t two_digits(std::size_t number) {
  std::size_t unit = 1;
  while (number / unit >= 100) unit *= 10;
  return (number + unit / 2) / unit * unit;
}

std::string corrected_p_words(const SystemComparison& comparison, const SystemPair& pair) {
  if (!pair.p_holm) return "";
  if (comparison.pairs.size() == 1) return p_words(*pair.p_holm);
  // An interval without 0 beside a p above alpha would puzzle.
  const bool puzzles =
      pair.test.interval && !pair.test.interval->contains(0) && !comparison.can_tell_apart(pair);
  return fmt::format("{} (corrected for {} pairs{})", p_words(*pair.p_holm), comparison.pairs.size(),
                     puzzles ? "; the interval is not" : "");
}

std::string difference_words(const SystemPair& pair) {
  return fmt::format("{:+.2f}{}", pair.test.difference, interval_words(pair.test.interval));
}

// What the sentence and the page put together, each in its own order.
struct VerdictParts {
  std::string answer;
  std::string p;      // "": untested, or of several pairs
  std::string clips;  // how many, and what would settle a tie
  std::string others;
  bool is_tie = false;
};

VerdictParts winner_parts(const SystemComparison& comparison) {
  const SystemPair& pair = *headline_pair(comparison);
  return {fmt::format("{} is ahead of {}{} by {:.2f}{}", comparison.systems[0].system,
                      comparison.systems[1].system, comparison.systems.size() > 2 ? ", the runner-up," : "",
                      pair.test.difference, interval_words(pair.test.interval)),
          corrected_p_words(comparison, pair), clips_words(pair.test), ""};
}

// Why a tie is one: the clips cannot decide, or what they would have shown.
std::string enough_text(const SystemVerdict& verdict, const SystemPair& pair) {
  const SystemComparison& comparison = verdict.comparison;
  const auto comparisons = static_cast<double>(comparison.pairs.size());
  const double alpha = 1 - comparison.confidence;
  if (!pair.p_holm) return "; one clip is too few to tell";
  std::string text;
  if (pair.test.least_p && *pair.test.least_p * comparisons > alpha && !pair.test.is_identical)
    text = fmt::format("; so few clips cannot reach {} in {} comparison{}", p_words(alpha), comparisons,
                       comparisons == 1 ? "" : "s");
  if (!verdict.clips) return text;
  const double difference = verdict.notice.difference;
  const bool was_enough = verdict.clips->clips <= std::min(pair.test.first_clips, pair.test.second_clips);
  if (was_enough && text.empty())
    return fmt::format("; a difference of {:g} would probably have shown", difference);
  return text + fmt::format("; {} would settle a difference of {:g}", clips_needed_words(*verdict.clips),
                            difference);
}

VerdictParts tie_parts(const SystemVerdict& verdict, const std::vector<std::size_t>& tied) {
  const SystemComparison& comparison = verdict.comparison;
  const SystemPair& pair = *headline_pair(comparison);
  const std::string& best = comparison.systems[0].system;
  std::vector<std::string> names;
  names.reserve(tied.size());
  for (const std::size_t place : tied) names.push_back(comparison.systems[place].system);
  VerdictParts parts;
  parts.is_tie = true;
  parts.clips = clips_words(pair.test) + enough_text(verdict, pair);
  if (tied.size() > 1) {
    parts.answer =
        fmt::format("{}, which has the highest mean, cannot be told apart from {}", best, listed(names));
  } else {
    parts.answer = fmt::format("no difference between {} and {} can be shown: {}", best, names.front(),
                               difference_words(pair));
    parts.p = corrected_p_words(comparison, pair);
  }
  const std::size_t behind = comparison.systems.size() - 1 - tied.size();
  if (behind > 0)
    parts.others =
        fmt::format("{} is ahead of the other {}", best, behind == 1 ? "one" : fmt::format("{}", behind));
  return parts;
}

VerdictParts parts_of(const SystemVerdict& verdict) {
  const SystemComparison& comparison = verdict.comparison;
  if (comparison.systems.size() == 1)
    return {fmt::format("there is no other system to compare {} with", comparison.systems[0].system), "", "",
            ""};
  const std::vector<std::size_t> tied = tied_with_best(comparison);
  return tied.empty() ? winner_parts(comparison) : tie_parts(verdict, tied);
}

// The parts that are not empty.
std::string joined(std::initializer_list<std::string> parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : separator) + part;
  return text;
}

}  // namespace

std::string p_words(double p) {
  if (p < 0.001) return "p < .001";
  if (p > 0.9995) return "p = 1";
  const std::string digits = fmt::format("{:.3f}", p).substr(1);
  return "p = " + (digits.ends_with('0') ? digits.substr(0, 3) : digits);
}

std::string clips_words(const statistics::MeanDifference& test) {
  if (test.is_paired)
    return fmt::format("{} paired clip{}", test.first_clips, test.first_clips == 1 ? "" : "s");
  return fmt::format("{} and {} clips", test.first_clips, test.second_clips);
}

std::string interval_words(const std::optional<statistics::Interval>& interval) {
  return interval ? fmt::format(" [{:+.2f}, {:+.2f}]", interval->low, interval->high) : "";
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  const std::size_t shown = names.size() > kMaxNames + 1 ? kMaxNames : names.size();
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

std::string clips_needed_words(const statistics::ClipsNeeded& needed) {
  return fmt::format("about {} ({} to {}) {}", two_digits(needed.clips), two_digits(needed.low),
                     two_digits(needed.high), needed.is_paired ? "paired clips" : "clips of each system");
}

std::vector<std::size_t> tied_with_best(const SystemComparison& comparison) {
  std::vector<std::size_t> tied;
  for (std::size_t i = 1; i < comparison.systems.size(); ++i)
    if (share_a_group(comparison.systems[0], comparison.systems[i])) tied.push_back(i);
  return tied;
}

const SystemPair* headline_pair(const SystemComparison& comparison) {
  if (comparison.systems.size() < 2) return nullptr;
  const std::vector<std::size_t> tied = tied_with_best(comparison);
  return &pair_of(comparison, 0, tied.empty() ? 1 : tied.front());
}

VerdictWords verdict_words(const SystemVerdict& verdict) {
  const VerdictParts parts = parts_of(verdict);
  const SystemPair* pair = headline_pair(verdict.comparison);
  std::string p = parts.p;
  // Of several tied systems, the answer has no room for a difference.
  if (pair && p.empty() && parts.is_tie && pair->p_holm)
    p = fmt::format("{} to {}, {}", difference_words(*pair), verdict.comparison.systems[pair->worse].system,
                    corrected_p_words(verdict.comparison, *pair));
  return {parts.answer, joined({joined({p, parts.clips}, ", "), parts.others}, "; ")};
}

std::string verdict_sentence(const SystemVerdict& verdict) {
  const VerdictParts parts = parts_of(verdict);
  const std::string tested = joined({parts.answer, parts.p}, ", ");
  if (!parts.is_tie) return joined({tested, parts.clips}, ", ");
  return joined({fmt::format("{} ({})", tested, parts.clips), parts.others}, "; ");
}

std::string verdict_text(const std::string& axis, const SystemVerdict& verdict) {
  return axis + ": " + verdict_sentence(verdict);
}

std::string letters_note(const SystemComparison& comparison) {
  return fmt::format(
      "Systems that share a letter cannot be told apart:\n{} test of {} pair{}{}, {:g} % confidence.",
      comparison.test, comparison.pairs.size(), comparison.pairs.size() == 1 ? "" : "s",
      comparison.pairs.size() > 1 ? ", Holm-corrected" : "", 100 * comparison.confidence);
}

}  // namespace qamro::evaluation
