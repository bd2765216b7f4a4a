#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/data/manifest.h"

namespace qamro::data {

struct RatingRow;
struct RatingTable;

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

// The key of a row of scores, true if the model was trained on its clip; other rows don't have it.
inline constexpr const char* kInTraining = "in_training";
bool is_in_training(const RatingTable& table, const RatingRow& row);

// How many of some clips the model that scored them was trained on.
struct SeenClips {
  std::size_t clips = 0;
  std::size_t seen = 0;
  struct OfSystem {
    std::size_t clips = 0;
    std::size_t seen = 0;
  };
  std::map<std::string, OfSystem> systems;  // by name

  // system: "" if it has none.
  void add(const std::string& system, bool in_training);
  // "27 of 48 clips are among those that the model was trained on: WHAT say nothing of new clips"; "" if none
  // is.
  std::string describe(std::string_view what = "their scores") const;
  // "trained on 24 of 24 clips of a, 3 of 24 of b", without systems of which none was; "trained on all clips
  // of every system"; "" if there is none.
  std::string describe_systems() const;
};

}  // namespace qamro::data
