#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "qamro/data/manifest.h"

namespace qamro::data {

// Texts by prompt id ("P012") or by clip name.
using Prompts = std::unordered_map<std::string, std::string>;

// Reads MusicEval's prompt_info.txt and demo_prompt_info.txt: tab-separated, with or without a header
// "id<TAB>text", CRLF or LF; blank rows are skipped. A quote is an ordinary character. Throws FileError.
// Throws InvalidInput that names file and line: no TAB, no id, a repeated id, an empty text, a text that is
// not UTF-8, no row.
Prompts read_prompts(const std::filesystem::path& path);

// The prompts of several such files. Throws as above, and InvalidInput if two files give an id
// different texts.
Prompts read_prompts(const std::vector<std::filesystem::path>& paths);

// Finds the prompt of a clip by its file name. An id that equals the name comes first (as in
// demo_prompt_info.txt, with or without folder, prefix and extension), then the prompt id inside the name
// ("P012" in S002_P012.wav or our-model_P012.wav). The second is not used for names like
// "audiomos2025-track1-S001_P012.wav" in the AudioMOS package whose system is one of MusicEval's demos (S001
// S006 S013 S017 S018 S033): their music was made from other texts.
class PromptFinder {
 public:
  explicit PromptFinder(Prompts prompts);
  // Null if there is none.
  const std::string* find(const std::string& path) const;
  // Why find() returned null.
  std::string why_none(const std::string& path) const;

 private:
  Prompts prompts_;
  std::unordered_map<std::string, std::string> by_clip_;  // for ids that name clips
};

// Sets the prompt of clips that have none.
void apply_prompt(std::vector<Clip>& clips, const std::string& prompt);

// Sets the prompt of clips that have neither a prompt nor an error. If none is found, the clip's prompt_error
// says what was looked for.
void apply_prompts(std::vector<Clip>& clips, const PromptFinder& prompts);

}  // namespace qamro::data
