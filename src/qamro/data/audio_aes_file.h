#pragma once

#include <array>
#include <cstddef>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace qamro::data {

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
