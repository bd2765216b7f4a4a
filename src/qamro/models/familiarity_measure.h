#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "qamro/models/score_head.h"

namespace qamro::models {

// How much a clip is like the audio that a model was fitted on, by what the encoder makes of it. The distance
// is the clip's place along the direction that best tells such audio (0 in the mean) from other audio (1 in
// the mean): Fisher's linear discriminant, "The use of multiple measurements in taxonomic problems", 1936. A
// table turns it into 0 to 1. tools/familiarity/ makes both from clips of many kinds. A plain sum in double:
// the same bits for any number of threads and any other clips.
class FamiliarityMeasure {
 public:
  // Reads `direction` [dim], `offset` [1] and `calibration` [n, 2] (distance, familiarity), float32, from a
  // safetensors file with "layout" in its metadata. Throws FileError, and CheckpointError that names the file
  // and tensor for what does not fit, numbers that are not finite, and a table whose distances do not grow or
  // whose familiarities grow or leave 0 to 1.
  static FamiliarityMeasure load(const std::filesystem::path& path);

  // Content of the embedding that it reads (encoders/distillmos/embedding_layout.h).
  const std::string& layout() const { return layout_; }
  std::size_t dimension() const { return direction_.size(); }
  // direction · embedding + offset. embedding: [dimension()]; throws InvalidInput for another size.
  double distance(std::span<const float> embedding) const;
  // By the table: linear between its rows, constant outside; rounded to 0.001, so that processors agree. NaN
  // gives 0.
  double of_distance(double distance) const;
  double familiarity(std::span<const float> embedding) const { return of_distance(distance(embedding)); }

 private:
  std::string layout_;
  std::vector<float> direction_;
  float offset_ = 0;
  std::vector<std::pair<double, double>> calibration_;  // distance, familiarity
};

// Scores with `head` what its encoder gives in the first columns of each window's vector, and tells the
// familiarity from the last measure->dimension() columns, averaged over windows as the encoder requires.
std::unique_ptr<ScoreHead> with_familiarity(std::unique_ptr<ScoreHead> head,
                                            std::shared_ptr<const FamiliarityMeasure> measure,
                                            bool weighs_by_length);

}  // namespace qamro::models
