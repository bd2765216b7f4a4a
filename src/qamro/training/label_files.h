#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "qamro/data/rating_file.h"
#include "qamro/training/recipe.h"

namespace qamro::training {

// The rows of all label files of a recipe, file after file, with columns by name: csv or tsv with a header,
// or JSON lines (data/rating_file.h).
class LabelFiles {
 public:
  // Reads data.labels, then data.validation_labels and data.test_labels if they are set. Throws FileError and
  // InvalidInput as read_rating_file() does.
  explicit LabelFiles(const DataSection& data);
  LabelFiles(const LabelFiles&) = delete;  // rows point into files_
  LabelFiles& operator=(const LabelFiles&) = delete;

  std::size_t size() const { return rows_.size(); }
  // Whether every file has this column.
  bool has(const std::string& column) const;
  // The texts or numbers of a column, one per row. A list of numbers, one per rater, becomes their mean; a
  // missing value becomes NaN. Throws InvalidInput that names file and line if the column does not exist or a
  // value is not a number.
  std::vector<std::string> strings(const std::string& column) const;
  std::vector<double> numbers(const std::string& column) const;
  // Names that group clips, one per row. They are the texts of a column if every file has it. Otherwise
  // "system", "prompt" and "source" come from published names, and "recording" from the path
  // (data/published_name.h, data/system_rule.h); a path without that information gives "". `paths`:
  // those of the rows. names() throws InvalidInput if has_names() is false.
  bool has_names(const std::string& column, const std::vector<std::string>& paths) const;
  std::vector<std::string> names(const std::string& column, const std::vector<std::string>& paths) const;
  // The clips' names: data.path_column without data.path_prefix, which every path must begin with. Names must
  // be distinct.
  std::vector<std::string> paths(const DataSection& data) const;
  // "train", "validation" or "test" for each row, depending on its file.
  std::vector<std::string> sides() const;
  // "labels.csv:12"
  std::string where(std::size_t row) const;
  // The SHA-256 of the file; with several files, the SHA-256 of their hashes joined.
  std::string sha256() const;

 private:
  struct Row {
    std::size_t file;
    const data::RatingFile::Row* row;
  };
  std::vector<const data::RatingCell*> cells(const std::string& column) const;

  std::vector<data::RatingFile> files_;
  std::vector<std::string> sides_;  // one per file
  std::vector<Row> rows_;
};

}  // namespace qamro::training
