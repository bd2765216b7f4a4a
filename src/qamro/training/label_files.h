#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "qamro/data/ratings.h"
#include "qamro/training/recipe.h"

namespace qamro::training {

// The rows of all label files of a recipe, file after file, with columns by name. `qamro evaluate` reads
// labels the same way (data/ratings.h): csv, tsv or JSON lines, lists without a header, one row per clip or
// per rater.
class LabelFiles {
 public:
  // Reads data.labels, then data.validation_labels and data.test_labels if they are set. Numbers are read
  // from data.label_columns, data.weight_column and `more_numbers`. Throws FileError and InvalidInput as
  // data::read_ratings() does.
  explicit LabelFiles(const DataSection& data, const std::vector<std::string>& more_numbers = {});

  std::size_t size() const { return rows_.size(); }
  // Whether every file has this column.
  bool has(const std::string& column) const;
  // The texts or numbers of a column, one per row. Several raters' numbers become their mean; a missing value
  // becomes NaN. Throws InvalidInput that names the file if the column does not exist.
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
    std::size_t row;  // in the file
  };

  std::vector<data::RatingTable> files_;
  std::vector<std::string> sides_;  // one per file
  std::vector<Row> rows_;
};

}  // namespace qamro::training
