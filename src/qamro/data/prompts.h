#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "qamro/data/manifest.h"

namespace qamro::data {

// Texts by what they belong to: "P012", or a clip's name.
using Prompts = std::unordered_map<std::string, std::string>;

// Reads MusicEval's prompt_info.txt and demo_prompt_info.txt: tab-separated, a header "id<TAB>text" or
// none, CRLF or LF, rows of blanks skipped. A quote is an
// ordinary character. Throws FileError; InvalidInput that names file and line: no TAB, no id, an
// id twice, an empty text, one that is no UTF-8, no row.
Prompts read_prompts(const std::filesystem::path& path);

// The prompts of several such files. Throws as above, and InvalidInput where two give an id different texts.
Prompts read_prompts(const std::vector<std::filesystem::path>& paths);

// Finds the prompt of a clip by its file name: an id that is that name (as demo_prompt_info.txt has them,
// with or without folder, prefix and extension), else the prompt that the name tells ("P012" of S002_P012.wav
// or of our-model_P012.wav). Of a name as the AudioMOS package writes it,
// "audiomos2025-track1-S001_P012.wav", whose system is one of MusicEval's demos (S001 S006 S013 S017 S018
// S033) the second does not hold: their music was made from other texts than P012's.
class PromptFinder {
 public:
  explicit PromptFinder(Prompts prompts);
  // Null where there is none.
  const std::string* find(const std::string& path) const;
  // Why find() gave null.
  std::string why_none(const std::string& path) const;

 private:
  Prompts prompts_;
  std::unordered_map<std::string, std::string> by_clip_;  // of ids that name clips
};

// Gives a prompt to the clips that have none and no error. Where none is found, the clip's prompt_error says
// what was looked for.
void apply_prompts(std::vector<Clip>& clips, const PromptFinder& prompts);

}  // namespace qamro::data
