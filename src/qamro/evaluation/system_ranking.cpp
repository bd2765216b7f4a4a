#include "qamro/evaluation/system_ranking.h"

#include <fmt/format.h>

#include <algorithm>

namespace qamro::evaluation {
namespace {

std::string letter(std::size_t group) {
  return fmt::format("{}{:\'>{}}", static_cast<char>('a' + group % 26), "", group / 26);
}

}  // namespace

bool share_a_group(const RankedSystem& a, const RankedSystem& b) {
  return std::any_of(a.groups.begin(), a.groups.end(), [&](std::size_t group) {
    return std::binary_search(b.groups.begin(), b.groups.end(), group);
  });
}

std::string tie_letters(const RankedSystem& system) {
  constexpr std::size_t kMaxLetters = 3;
  std::string letters;
  for (std::size_t i = 0; i < system.groups.size();) {
    std::size_t end = i + 1;  // of the letters in a row
    while (end < system.groups.size() && system.groups[end] == system.groups[end - 1] + 1) ++end;
    if (end - i > kMaxLetters) {
      letters += letter(system.groups[i]) + "-" + letter(system.groups[end - 1]);
    } else {
      for (std::size_t k = i; k < end; ++k) letters += letter(system.groups[k]);
    }
    i = end;
  }
  return letters;
}

}  // namespace qamro::evaluation
