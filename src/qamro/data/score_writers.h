#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <ostream>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace qamro::data {

// Writes answers to the AudioMOS challenge 2025, as its organisers take them:
//   track 1   "id,MI,TA", no header
//   track 2   header "sample_id,PQ,PC,CE,CU", the axes in this order
// Reading a written number gives the same double. The stream must outlive the writer.
class AnswerWriter {
 public:
  // `axes` decide the track: MI and TA, or PQ, PC, CE and CU, in any order and under any of their published
  // names. Other axes are left out. Throws InvalidInput if neither track's axes are complete.
  AnswerWriter(std::ostream& stream, const std::vector<std::string>& axes);

  // `scores` holds one number per axis given to the constructor. Throws InvalidInput for a repeated or empty
  // id, an id with a comma, quote or line end, a wrong number of scores, and a score that is not finite.
  void write(const std::string& id, std::span<const double> scores);

 private:
  std::ostream* stream_;
  std::size_t axes_;                  // number of axes given to the constructor
  std::vector<std::size_t> columns_;  // which of the axes to write
  std::unordered_set<std::string> ids_;
};

// Whether the axes include those of one of the tracks.
bool is_answer_of_a_track(const std::vector<std::string>& axes);

// A clip's id in an answer: its file name, without folders and without an audio file's extension.
std::string answer_id(const std::filesystem::path& path);

// Writes what the command `audio-aes` of the audiobox_aesthetics package prints, byte for byte: one line per
// clip, in input order, {"CE": 5.1, "CU": 6.2, "PC": 2.3, "PQ": 7.4} and nothing else. Its scores are
// float32, written as json.dumps writes Python's floats (`main_predict` in audiobox_aesthetics/infer.py). The
// stream must outlive the writer.
class AudioAesWriter {
 public:
  // `axes`: CE, CU, PC and PQ, in any order and under any of their published names. Other axes are left out.
  // Throws InvalidInput if one of the four is missing.
  AudioAesWriter(std::ostream& stream, const std::vector<std::string>& axes);

  // `scores` holds one number per axis given to the constructor. Throws InvalidInput for any other number.
  void write(std::span<const double> scores);
  // A clip without scores, at which audio-aes would stop: writes {"error": "…"}, so that line n still belongs
  // to input n.
  void write_error(const std::string& message);

 private:
  std::ostream* stream_;
  std::size_t axes_;                         // number of axes given to the constructor
  std::array<std::size_t, 4> columns_ = {};  // which of the axes to write
};

}  // namespace qamro::data
