#pragma once

#include <filesystem>

#include "qamro/data/ratings.h"

namespace qamro::data {

// Reads the MusicEval package (AudioMOS track 1) of a folder:
//   sets/{train,dev,test,total}_mos_list.txt   at least one; clips of total that no other list has come last
//   person_mos/*.txt                           where it is there: the ratings of each rater
//   prompt_info.txt, demo_prompt_info.txt      where they are there: text column "prompt_text"
// with the text column "split": train, dev, test or nothing. Throws FileError; InvalidInput: no list, two
// lists that disagree on a clip, raters whose mean is not the list's value.
RatingTable read_musiceval_package(const std::filesystem::path& folder, const RatingOptions& options = {});

}  // namespace qamro::data
