#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>

namespace qamro::data {

// Texts by what they belong to: "P012", or a clip's name.
using Prompts = std::unordered_map<std::string, std::string>;

// Reads MusicEval's prompt_info.txt and demo_prompt_info.txt: tab-separated, a header "id<TAB>text" or
// none, CRLF or LF, rows of blanks skipped. A quote is an
// ordinary character. Throws FileError; InvalidInput that names file and line: no TAB, an
// id twice, no row.
Prompts read_prompts(const std::filesystem::path& path);

}  // namespace qamro::data
