#pragma once

#include <optional>
#include <string>
#include <vector>

namespace qamro::data {

// The column names of a list without a header, from its first row; empty if that row is a header (it has no
// number after the first field, or begins with the name of a key column or system column).
//   2 fields   clip, mos
//   3          clip, MI, TA: MusicEval's lists and the answers of AudioMOS track 1
//   3          system, MI, TA, if the first is S and three digits: MusicEval's system_mos
//   4          clip, rater, MI, TA: MusicEval's person_mos
// A clip is a "path" if it has an audio file's extension, else an "id". Throws InvalidInput that begins with
// `where` for another number of fields.
std::optional<std::vector<std::string>> columns_of_list(const std::vector<std::string>& first_row,
                                                        const std::string& where);

}  // namespace qamro::data
