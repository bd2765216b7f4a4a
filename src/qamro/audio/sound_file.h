#pragma once

#include <sndfile.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/audio/sound_source.h"

namespace qamro::audio {

// One file, opened by libsndfile and checked, with its exact length. The interleaved samples are unchanged;
// AudioReader handles segments, mono and the check for NaN. All functions throw DecodeError.
class SoundFile : public SoundSource {
 public:
  explicit SoundFile(const std::filesystem::path& path);
  ~SoundFile() override;
  SoundFile(const SoundFile&) = delete;
  SoundFile& operator=(const SoundFile&) = delete;

  const std::string& path() const override;
  int sample_rate_hz() const override;
  int channels() const override;
  std::int64_t frames() const override;
  void seek(std::int64_t frame) override;
  std::int64_t read(std::span<float> interleaved) override;
  // What libsndfile says.
  std::string complaint() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What containers say about their own length beyond what libsndfile reports. Each function reads `file`,
// an open file descriptor, without moving its position, and never allocates memory based on what the
// file claims.

// The sample data of a wav (RIFF, RIFX, RF64), aiff or au file.
struct DataChunk {
  std::int64_t promised_bytes;
  std::int64_t present_bytes;
};
// Empty for other containers, and for sizes that streaming writers leave open (0, or 0x7FFF0000 and above).
std::optional<DataChunk> data_chunk(int file);

struct OggStream {
  bool ended = false;    // the last page is whole and has the end-of-stream mark that RFC 3533 demands
  bool chained = false;  // another stream begins after the end of one; libsndfile reads only the first
};
OggStream ogg_stream(int file);

// Whether a layer III frame like the first one begins at `position` or within the 4 KiB after it.
bool mpeg_frames_follow(int file, std::int64_t position);

// An mp3 without a length tag, as speech services stream it. libsndfile reads it with a length tag put in
// front. Without a tag, libsndfile estimates the length from the first frame's bit rate and stops there, so
// it may read only a third of a file with variable bit rate. The tag claims more frames than the file can
// hold, so that the stream is decoded to its real end: the samples are the ones that libsndfile gives without
// the tag, but all of them.
class UntaggedMpeg {
 public:
  // Null unless the file is a layer III stream without a tag of its own. `file` must stay open.
  static std::unique_ptr<UntaggedMpeg> detect(int file);

  // Opens the stream at its first sample. Null, with libsndfile's reason set, if libsndfile refuses it.
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
  std::int64_t start_;  // of the stream's first frame in the file
  std::int64_t end_;
  std::int64_t position_ = 0;        // in the tag and the stream together
  std::int64_t silent_samples_ = 0;  // put before the stream by the tag
  std::vector<unsigned char> tag_;
};

}  // namespace qamro::audio
