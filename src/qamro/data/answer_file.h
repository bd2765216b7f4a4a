#pragma once

#include <cstddef>
#include <filesystem>
#include <ostream>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace qamro::data {

// Answers of the AudioMOS challenge 2025, as its organisers take them:
//   track 1   "id,MI,TA", no header
//   track 2   header "sample_id,PQ,PC,CE,CU", the axes in this order
// Numbers are written so that reading gives the same double. The stream must outlive the writer.
class AnswerWriter {
 public:
  // `axes` tell the track: MI and TA, or PQ, PC, CE and CU, in any order and under any of their published
  // names; others are left out. Throws InvalidInput if they are those of neither track.
  AnswerWriter(std::ostream& stream, const std::vector<std::string>& axes);

  // One number an axis of the constructor's. Throws InvalidInput: an id twice, an empty one or one with a
  // comma, quote or line end, another number of scores, a score that is not finite.
  void write(const std::string& id, std::span<const double> scores);

 private:
  std::ostream* stream_;
  std::size_t axes_;                  // of the constructor's
  std::vector<std::size_t> columns_;  // which of the axes to write
  std::unordered_set<std::string> ids_;
};

// Whether the axes are those of one of the tracks.
bool is_answer_of_a_track(const std::vector<std::string>& axes);

// What an answer calls a clip: the name of its file, without folders and without an audio file's extension.
std::string answer_id(const std::filesystem::path& path);

}  // namespace qamro::data
