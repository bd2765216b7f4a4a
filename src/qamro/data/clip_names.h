#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace qamro::data {

// A path or an id without what means nothing: composed characters (Unicode's NFC), '/' for '\\', no "." and
// no empty folders.
std::string plain_path(std::string_view path);

inline constexpr std::size_t kNoMatch = std::numeric_limits<std::size_t>::max();

// A path as text in rows and messages: bytes that are no UTF-8 as "\\xff". path_of_text() is the way back.
std::string text_of_path(std::string_view path);
std::string path_of_text(std::string_view text);

// For names without a match (kNoMatch in `rows`), finds the other name that means the same clip: the same
// plain_path(), then also without an audio file's ending, then the longest common end of the two paths,
// folder by folder. A name alone, without folders, matches the end of a path; of two paths only the last part
// in common matches if each list has all its clips in one folder. A match must be the only one, both ways.
void match_by_name(const std::vector<std::string>& names, const std::vector<std::string>& others,
                   std::vector<std::size_t>& rows);

// Which of the others is nearest to a name, and how they differ: "Nearest: 'a/B.wav', which differs in upper
// and lower case".
std::string describe_nearest(const std::string& name, const std::vector<std::string>& others);

}  // namespace qamro::data
