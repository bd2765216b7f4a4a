#include <re2/re2.h>

#include <cmath>

#include "qamro/data/rating_file.h"

namespace qamro::data {
namespace {

constexpr int kMaxAnswers = 1'000'000;  // of a clip; a line cannot ask for more memory

}  // namespace

std::optional<AnswerCounts> parse_counts(std::string_view line) {
  static const RE2 kLine(R"(\s*(\S+)\s+([\d.]+)\s+[\d.]+\s+\(((?:\d+:\d+,)+)total:\s*(\d+)\)\s*)");
  static const RE2 kCount(R"((\d+):(\d+),)");
  AnswerCounts counts;
  double mean = 0;
  std::string list;
  int total = 0;
  if (!RE2::FullMatch(re2::StringPiece(line.data(), line.size()), kLine, &counts.path, &mean, &list, &total))
    return std::nullopt;
  re2::StringPiece rest(list);
  double sum = 0;
  for (int answer = 0, count = 0; RE2::Consume(&rest, kCount, &answer, &count);) {
    if (count > kMaxAnswers - static_cast<int>(counts.ratings.size())) return std::nullopt;
    counts.ratings.insert(counts.ratings.end(), static_cast<std::size_t>(count), answer);
    sum += static_cast<double>(answer) * count;
  }
  if (total == 0 || counts.ratings.size() != static_cast<std::size_t>(total) ||
      std::abs(sum / total - mean) > 0.006)
    return std::nullopt;
  const auto slash = counts.path.find('/');
  if (slash != std::string::npos) counts.system = counts.path.substr(0, slash);
  return counts;
}

}  // namespace qamro::data
