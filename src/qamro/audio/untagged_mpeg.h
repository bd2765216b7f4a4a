#pragma once

#include <sndfile.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace qamro::audio {

// An mp3 without a length tag, as speech services stream them, with such a tag put in front of it on the way
// to libsndfile. Without one libsndfile estimates the length from the first frame's bit rate and stops there:
// of a file whose bit rate varies it may read a third. The tag claims more frames than the file can hold, so
// that the stream is decoded to its real end: the samples are those that libsndfile gives without the tag,
// but all of them.
class UntaggedMpeg {
 public:
  // Null for a file that is no layer III stream or that has its own tag. `file` must stay open.
  static std::unique_ptr<UntaggedMpeg> detect(int file);

  // At the stream's first sample. Null, with libsndfile's reason set, if it refuses.
  SNDFILE* open(SF_INFO& info);

 private:
  UntaggedMpeg(int file, std::int64_t start, std::int64_t end);
  std::int64_t length() const;
  static UntaggedMpeg& from(void* user_data) { return *static_cast<UntaggedMpeg*>(user_data); }
  static sf_count_t length(void* user_data) { return from(user_data).length(); }
  static sf_count_t tell(void* user_data) { return from(user_data).position_; }
  static sf_count_t seek(sf_count_t offset, int whence, void* user_data);
  static sf_count_t read(void* bytes, sf_count_t count, void* user_data);

  int file_;
  std::int64_t start_;  // of the file's first frame
  std::int64_t end_;
  std::int64_t position_ = 0;        // in tag and stream together
  std::int64_t silent_samples_ = 0;  // that the tag puts before the stream
  std::vector<unsigned char> tag_;
};

}  // namespace qamro::audio
