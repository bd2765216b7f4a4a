#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/data/rating_cell.h"
#include "qamro/data/ratings.h"

namespace qamro::data {

// The rows of a file, before the meaning of its columns is known.
struct RatingFile {
  struct Row {
    std::size_t line = 0;
    std::vector<RatingCell> cells;  // one per column
  };

  std::string name;
  std::string sha256;                // of its bytes
  std::vector<std::string> columns;  // in order of first appearance
  bool has_header = true;            // if false, the columns come from columns_of_list()
  std::vector<Row> rows;

  std::string where(const Row& row) const;
  // The first of the names that is a column; npos if none is.
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::size_t find(std::span<const std::string_view> names) const;
};

// list_columns: see RatingOptions. Throws FileError and InvalidInput like read_ratings().
RatingFile read_rating_file(const std::filesystem::path& path,
                            const std::vector<std::string>& list_columns = {});

// The columns with numbers, if RatingOptions::axes is empty (see there).
struct GuessedAxes {
  std::vector<std::size_t> axes;
  std::vector<std::size_t> no_axes;  // by their names: duration, year, ...
  std::vector<std::size_t> hidden;   // most of their cells are no numbers
};
GuessedAxes guess_axes(const RatingFile& file);

// A clip's line of answers, as the VoiceMOS Challenge 2024 publishes them: "PATH MEAN HALF-WIDTH (1:n1,2:n2,
// ...,total: n)". Empty for any other line, also if mean or total are not those of the counts.
struct AnswerCounts {
  std::string path;
  std::string system;           // the path's first folder
  std::vector<double> ratings;  // one per answer, in rising order
};
std::optional<AnswerCounts> parse_counts(std::string_view line);

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
