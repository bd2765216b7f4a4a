#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "qamro/data/manifest.h"

namespace qamro::data {

// By what a clip is recognised: two SHA-256, as 64 hexadecimal digits.
struct ClipDigests {
  std::string file;     // of the file's bytes; "": sound in memory
  std::string samples;  // see audio::AudioReader::samples_sha256(); "": not known

  bool operator==(const ClipDigests&) const = default;
};

// Reads the clip's file, if it has one. Throws FileError.
ClipDigests digests_of(const Clip& clip, std::string samples_sha256);

// Writes a model's list of its training clips: csv with the columns "file" and "samples" and a row for each
// clip that has a digest. A cell holds the first 64 bits of a digest, as 16 hexadecimal digits: the chance
// that another clip is taken for one of 100,000 is 2 in 10^14. Throws FileError.
void write_training_clips(const std::filesystem::path& file, std::span<const ClipDigests> clips);

// The clips that a model was trained on; empty: not known.
class TrainingClips {
 public:
  TrainingClips() = default;
  // Reads what write_training_clips() wrote. Throws FileError, and CheckpointError that names the line.
  explicit TrainingClips(const std::filesystem::path& file);

  bool empty() const { return clips_ == 0; }
  std::size_t size() const { return clips_; }
  // Whether a training clip has that file or those samples.
  bool contains(const ClipDigests& clip) const;

 private:
  std::size_t clips_ = 0;
  std::vector<std::uint64_t> digests_;  // of files and samples together, sorted
};

}  // namespace qamro::data
