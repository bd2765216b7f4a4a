#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "qamro/data/rating_file.h"
#include "qamro/training/recipe.h"

namespace qamro::training {

// The label files of a recipe, one behind the other, with their columns by name: csv or tsv with a header, or
// JSON lines (data/rating_file.h).
class LabelFiles {
 public:
  // Reads data.labels, then data.validation_labels and data.test_labels where there are any. Throws FileError
  // and InvalidInput as read_rating_file().
  explicit LabelFiles(const DataSection& data);
  LabelFiles(const LabelFiles&) = delete;  // rows point into files
  LabelFiles& operator=(const LabelFiles&) = delete;

  std::size_t size() const { return rows_.size(); }
  // Whether every file has it.
  bool has(const std::string& column) const;
  // The texts and numbers of a column, one a row. A list of numbers, one a rater, counts as their mean; a
  // missing value is NaN. Throw InvalidInput naming file and line: no such column, no number.
  std::vector<std::string> strings(const std::string& column) const;
  std::vector<double> numbers(const std::string& column) const;
  // Names that group clips, one a row: a column's texts; where the files have none of "system", "prompt" or
  // "source", what published names tell, and of "recording" the recording that the path names
  // (data/published_name.h, data/source_recording.h), "" of a path that does not tell. `paths`: the rows'.
  // names() throws InvalidInput where has_names() is false.
  bool has_names(const std::string& column, const std::vector<std::string>& paths) const;
  std::vector<std::string> names(const std::string& column, const std::vector<std::string>& paths) const;
  // The clips' names: data.path_column without data.path_prefix, which all have to begin with. Each once.
  std::vector<std::string> paths(const DataSection& data) const;
  // Of each row "train", "validation" or "test", by the file it is in.
  std::vector<std::string> sides() const;
  // "labels.csv:12"
  std::string where(std::size_t row) const;
  // Of one file its SHA-256, of several that of theirs.
  std::string sha256() const;

 private:
  struct Row {
    std::size_t file;
    const data::RatingFile::Row* row;
  };
  std::vector<const data::RatingCell*> cells(const std::string& column) const;

  std::vector<data::RatingFile> files_;
  std::vector<std::string> sides_;  // of each file
  std::vector<Row> rows_;
};

}  // namespace qamro::training
