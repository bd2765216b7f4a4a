#pragma once

#include <filesystem>
#include <vector>

#include "qamro/data/ratings.h"

namespace qamro::data {

// Reads the MusicEval package (AudioMOS track 1) from a folder:
//   sets/{train,dev,test,total}_mos_list.txt   at least one; clips that only the total list has come last
//   person_mos/*.txt                           if present: the ratings of each rater
//   prompt_info.txt, demo_prompt_info.txt      if present, there or beside the folder: text column
//   "prompt_text"
// The text column "split" is train, dev, test or empty. Throws FileError; throws InvalidInput if there is no
// list, if two lists disagree on a clip, or if the mean of a clip's raters is not the list's value.
RatingTable read_musiceval_package(const std::filesystem::path& folder, const RatingOptions& options = {});

// The package's files of prompts: each in the folder, or else beside it, where copies of the challenge's data
// have them.
std::vector<std::filesystem::path> musiceval_prompt_files(const std::filesystem::path& folder);

}  // namespace qamro::data
