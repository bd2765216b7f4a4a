#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qamro::data {

// What a file is read for: SHEET's results hold labels ("avg_score") beside predictions ("answer").
enum class RatingRole { kEither, kLabels, kPredictions };

// How to read a table of labels or of predictions. The defaults read what `qamro score` writes and what most
// people have.
struct RatingOptions {
  // Columns to read as numbers. Empty: every column whose filled cells are more than half numbers or lists of
  // numbers, except those that name or place a clip (path, id, sample_id, key, system, start_time, end_time,
  // duration_seconds, fold, seed, ... as listed in rating_file.cpp).
  std::vector<std::string> axes = {};
  // Column that names a row. Empty: the first that is there of path (wav_path, data_path), id, sample_id,
  // key.
  std::string key = {};
  // Empty: system or system_id, if there is one.
  std::string system = {};
  RatingRole role = RatingRole::kEither;
};

struct RatingRow {
  std::string file;      // empty: RatingTable::file
  std::size_t line = 0;  // in the file, from 1
  std::string key;
  std::string system;  // empty: not known
  std::vector<double>
      values;  // one an axis; NaN: missing. Of a list of ratings their mean, missing ones left out.
  std::vector<std::vector<double>>
      raters;                          // one an axis; the list as it is, empty where the file has one number
  std::vector<std::string> rater_ids;  // one a rating of `raters`, where the file names them
  std::vector<std::string> texts;      // one a RatingTable::text_columns
  std::string error;                   // of a prediction that failed; its values are NaN
};

struct RatingTable {
  std::string file;  // for messages
  std::string key_column;
  std::vector<std::string> axes;          // empty: every row is an "error"
  std::vector<std::string> text_columns;  // all others, as text: also the key and the system
  std::vector<RatingRow> rows;            // in file order

  // "file:line"
  std::string where(const RatingRow& row) const;
  // By its name, else by a name of the same axis (see axis_name.h).
  std::optional<std::size_t> find_axis(std::string_view axis) const;
  std::optional<std::size_t> find_text_column(std::string_view column) const;
  // Throws InvalidInput that lists the axes of the file.
  std::size_t require_axis(std::string_view axis) const;
  // Of each row. Throws InvalidInput that lists the columns of the file.
  std::vector<std::string> text(std::string_view column) const;
};

// Reads, told by extension and content:
//   csv with a header, tab-separated values with a header, JSONL. A list of numbers is one rating a rater;
//   csv writes it as "[1, 2, 3]". With a column rater, rater_id or listener_id a row is one rater's, and the
//   rows of a clip become one row with lists. An empty cell, null, NaN or an absent key is a missing value,
//   and so are all values of a row with an "error". Rows without any character but blanks are skipped. lists
//   without a header, as columns_of_list() knows them a folder: the MusicEval package, see
//   musiceval_package.h
// Names as the published data sets write them (see published_name.h) tell the system where the file does not,
// and add the text columns "domain", "prompt" and "source" unless the file has those.
//
// Throws FileError; InvalidInput that names file and line: a value that is no number ("labels.csv:7: column
// 'mos': expected a number or a list of numbers, got 'good'"), no key, a key (or a rater of a key) twice
// (with both lines), no column of numbers, no row.
RatingTable read_ratings(const std::filesystem::path& path, const RatingOptions& options = {});

enum class Unmatched { kRefuse, kDrop };

struct JoinPolicy {
  Unmatched labels = Unmatched::kRefuse;     // labels without a prediction
  Unmatched predictions = Unmatched::kDrop;  // predictions without a label
};

// Which row of predictions belongs to which row of labels.
struct RatingJoin {
  std::string key_column;  // as labels call it
  std::vector<std::pair<std::size_t, std::size_t>>
      rows;                          // of labels and of predictions, in the order of labels
  std::vector<std::size_t> missing;  // labels without a prediction
  std::vector<std::size_t> extra;    // predictions without a label
};

// Joins on the key of both if it is the same column (path, wav_path and data_path are), else on the first of
// path, id, sample_id and key that both have, else on any two of id, sample_id and key, else on the published
// names of the keys. Rows that do not join so are joined by their published names (see published_name.h),
// where those are unique. Throws InvalidInput: no common column; a key twice; what the policy refuses (the
// first five, how many, and a key of the other file to compare with).
RatingJoin join_ratings(const RatingTable& labels, const RatingTable& predictions,
                        const JoinPolicy& policy = {});

}  // namespace qamro::data
