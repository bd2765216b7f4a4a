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

// The purpose of reading a file: SHEET's results hold labels ("avg_score") beside predictions ("answer").
enum class RatingRole { kEither, kLabels, kPredictions };

// Which columns a table holds as text.
//   kOthersAndNames  all but the axes, and those that published names add
//   kOfFile          those of the file, axes included, and no others
enum class TextColumns { kOthersAndNames, kOfFile };

// How to read a table of labels or predictions. The defaults suit what `qamro score` writes and most
// other files.
struct RatingOptions {
  // Columns to read as numbers. Empty: every column in which more than half of the filled cells are numbers
  // or lists of numbers, except those that name or place a clip (path, id, sample_id, key, system,
  // start_time, end_time, duration_seconds, fold, seed, year, ... as listed in rating_file.cpp), and except
  // what else `qamro score` says of a clip if sample_rate_hz is among the columns.
  std::vector<std::string> axes = {};
  // With no `axes`: columns that are axes besides, whatever their names, if the file has them.
  std::vector<std::string> more_axes = {};
  // Column that names a row. Empty: the first existing one of path, filename, ..., id, utt_id, ... (see
  // column_names.h).
  std::string key = {};
  // Column of the system. Empty: system, system_id, ..., if there is one.
  std::string system = {};
  // The rows are systems: their key is the column of the system.
  bool rows_are_systems = false;
  // The columns of a list without a header, in its order. Empty: see columns_of_list().
  std::vector<std::string> list_columns = {};
  // A file without `key` or `system` is read as if they were empty.
  bool columns_may_lack = false;
  RatingRole role = RatingRole::kEither;
  TextColumns texts = TextColumns::kOthersAndNames;
};

struct RatingRow {
  std::string file;      // if empty, RatingTable::file applies
  std::size_t line = 0;  // in the file, from 1
  std::string key;
  std::string system;  // empty if not known
  std::vector<double>
      values;  // one per axis; NaN: missing. A list of ratings gives their mean without the missing ones.
  std::vector<std::vector<double>> raters;  // one list per axis, as in the file; empty if it gives one number
  std::vector<std::string> rater_ids;       // one per rating of `raters`, if the file names them
  std::vector<std::string> texts;           // one per RatingTable::text_columns
  std::string error;                        // why a prediction failed; its values are NaN
};

// A column with numbers that is not among the axes of a table whose axes were not named.
struct LeftOutColumn {
  std::string name;
  // Why, with a cell for an example: most of its cells are no numbers. Empty: it looks like no axis by its
  // name.
  std::string bad_cell;
};

struct RatingTable {
  std::string file;    // for messages
  std::string sha256;  // of the file's bytes; empty for a folder
  std::string key_column;
  std::vector<std::string> axes;          // empty if every row is an "error"
  std::vector<std::string> text_columns;  // see RatingOptions::texts; key and system are among them
  std::vector<RatingRow> rows;            // in file order
  std::vector<LeftOutColumn> left_out;

  // "file:line"
  std::string where(const RatingRow& row) const;
  // Finds an axis by its name, or else by another name of the same axis (see column_names.h).
  std::optional<std::size_t> find_axis(std::string_view axis) const;
  std::optional<std::size_t> find_text_column(std::string_view column) const;
  // Throws InvalidInput that lists the axes of the file.
  std::size_t require_axis(std::string_view axis) const;
  // A text column's value in each row. Throws InvalidInput that lists the columns of the file.
  std::vector<std::string> text(std::string_view column) const;
};

// Reads a file, whose format follows from its extension and content, or a folder:
// - csv with a header, tab-separated values with a header, JSONL. A list of numbers holds one rating per
//   rater; csv writes it as "[1, 2, 3]". With a column rater, rater_id or listener_id, each row is from one
//   rater, and the rows of a clip become one row with lists. An empty cell, null, NaN or an absent key is a
//   missing value; in a row with an "error" all values are missing. Blank rows and rows with an "error" but
//   no key are skipped.
// - lists without a header, see columns_of_list()
// - a folder: the MusicEval package, see read_musiceval_package()
// Names in the form of the published data sets (see published_name.h) give the system if the file does not,
// and add the text columns "domain", "prompt" and "source" unless the file has them (or RatingOptions::texts
// asks for the file's own columns alone).
//
// Throws FileError. Throws InvalidInput that names file and line: a value that is not a number
// ("labels.csv:7: column 'mos': expected a number or a list of numbers, got 'good'"), no key, a repeated key
// (or rater of a key; with both lines), no column of numbers, no row.
RatingTable read_ratings(const std::filesystem::path& path, const RatingOptions& options = {});

enum class Unmatched { kRefuse, kDrop };

struct JoinPolicy {
  Unmatched labels = Unmatched::kRefuse;     // labels without a prediction
  Unmatched predictions = Unmatched::kDrop;  // predictions without a label
};

// Which row of the predictions belongs to which row of the labels.
struct RatingJoin {
  std::string key_column;  // as named in the labels
  std::vector<std::pair<std::size_t, std::size_t>>
      rows;                          // row of labels, row of predictions; in the order of labels
  std::vector<std::size_t> missing;  // labels without a prediction
  std::vector<std::size_t> extra;    // predictions without a label
  // How many rows were joined although their names differ (clip_names.h), with an example; may be empty.
  std::string by_name;
};

// Joins on the labels' key column if the predictions have that column, too (path, wav_path, audio_path and
// data_path count as one column); else on the first of path, id, sample_id and key that both have; else on
// any two of id, sample_id and key; else on the published names of the keys. Rows without a match are then
// joined by their published names (see published_name.h), if those are unique, and then by what their names
// mean (clip_names.h), unless both files give them another system. Throws InvalidInput for no common column,
// a repeated key, and what the policy refuses (with the first five rows, their number, and a key of the other
// file for comparison).
RatingJoin join_ratings(const RatingTable& labels, const RatingTable& predictions,
                        const JoinPolicy& policy = {});

// Merges several tables into one; rows keep their order. A clip in two tables (under the same key or the same
// published name) is kept once if they agree on every axis; the raters' ratings and the texts that the first
// row lacks come from the other. Throws InvalidInput for tables with different axes, a clip with two
// different values (with both places), and no table.
RatingTable merge_ratings(std::vector<RatingTable> tables);

// read_ratings() of every file, merged.
RatingTable read_ratings(const std::vector<std::filesystem::path>& paths, const RatingOptions& options = {});

// Which rows count: those with this value in a text column.
struct RowCondition {
  std::string column;
  std::string value;
};

// Reads "COLUMN=VALUE", where the value may be empty or hold further '='. Empty without a column or a '='.
std::optional<RowCondition> parse_condition(const std::string& text);

// The rows that meet a condition, in their order. Throws InvalidInput if there is no such column,
// or no such row (with the values that exist).
RatingTable rows_where(RatingTable table, const RowCondition& condition);

}  // namespace qamro::data
