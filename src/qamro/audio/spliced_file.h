#pragma once

#include <sndfile.h>

#include <cstdint>
#include <vector>

namespace qamro::audio {

// A file as a decoder shall see it: bytes of our own, and behind them a part of the file.
class SplicedFile {
 public:
  // `file`, an open descriptor whose position is left alone, must stay open. The part ends before `end`.
  SplicedFile(int file, std::vector<unsigned char> front, std::int64_t begin, std::int64_t end);

  // As lseek() and read(), but no error: -1 for a place outside, and fewer bytes at the end.
  std::int64_t seek(std::int64_t offset, int whence);
  std::int64_t read(void* bytes, std::int64_t count);
  std::int64_t length() const { return static_cast<std::int64_t>(front_.size()) + end_ - begin_; }

  // By libsndfile, from the first byte; null, with libsndfile's reason set, if libsndfile refuses it.
  SNDFILE* open(SF_INFO& info);

 private:
  int file_;
  std::vector<unsigned char> front_;
  std::int64_t begin_;
  std::int64_t end_;
  std::int64_t position_ = 0;
};

}  // namespace qamro::audio
