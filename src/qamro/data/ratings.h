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
};

struct RatingRow {
  std::size_t line = 0;  // in the file, from 1
  std::string key;
  std::string system;  // empty: not known
  std::vector<double>
      values;  // one an axis; NaN: missing. Of a list of ratings their mean, missing ones left out.
  std::vector<std::vector<double>>
      raters;                      // one an axis; the list as it is, empty where the file has one number
  std::vector<std::string> texts;  // one a RatingTable::text_columns
  std::string error;               // of a prediction that failed; its values are NaN
};

struct RatingTable {
  std::string file;  // for messages
  std::string key_column;
  std::vector<std::string> axes;
  std::vector<std::string> text_columns;  // all others, as text: also the key and the system
  std::vector<RatingRow> rows;            // in file order

  // "file:line"
  std::string where(const RatingRow& row) const;
  std::optional<std::size_t> find_axis(std::string_view axis) const;
  std::optional<std::size_t> find_text_column(std::string_view column) const;
  // Throws InvalidInput that lists the axes of the file.
  std::size_t require_axis(std::string_view axis) const;
  // Of each row. Throws InvalidInput that lists the columns of the file.
  std::vector<std::string> text(std::string_view column) const;
};

// Reads csv with a header, tab-separated values with a header, or JSONL, told by the extension (.csv, .tsv,
// .jsonl, .ndjson, .json), else by the first character ('{') and the header. A list of numbers is one rating
// a rater; csv writes it as "[1, 2, 3]". An empty cell, null, NaN or an absent key is a missing value, and so
// are all values of a row with an "error".
//
// Throws FileError; InvalidInput that names file and line: a value that is no number ("labels.csv:7: column
// 'mos': expected a number or a list of numbers, got 'good'"), no key, a key twice (with both lines), no
// column of numbers, no row.
RatingTable read_ratings(const std::filesystem::path& path, const RatingOptions& options = {});

// Which row of predictions belongs to which row of labels.
struct RatingJoin {
  std::string key_column;  // as labels call it
  std::vector<std::pair<std::size_t, std::size_t>>
      rows;               // of labels and of predictions, in the order of labels
  std::size_t extra = 0;  // predictions without a label
};

// Joins on the key of both if it is the same column (path, wav_path and data_path are), else on the first of
// path, id, sample_id and key that both have. Throws InvalidInput: no common column; labels without a
// prediction (the first five, how many, and a key of the other file to compare with); a key twice.
RatingJoin join_ratings(const RatingTable& labels, const RatingTable& predictions);

}  // namespace qamro::data
