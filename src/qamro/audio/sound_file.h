#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>

#include "qamro/audio/sound_source.h"

namespace qamro::audio {

// An open file descriptor of a regular file that is not empty. Opening by name would read "-" as standard
// input and guess headerless formats. Throws DecodeError.
class AudioFile {
 public:
  // `name` stands for the path in messages, if it is not empty.
  explicit AudioFile(const std::string& path, const std::string& name = {});
  ~AudioFile();
  AudioFile(const AudioFile&) = delete;
  AudioFile& operator=(const AudioFile&) = delete;

  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }
  std::int64_t bytes() const { return bytes_; }
  // The first bytes, for messages: what is no letter as \x00.
  std::string beginning() const;

 private:
  std::string path_;
  int descriptor_;
  std::int64_t bytes_ = 0;
};

// One file, opened by libsndfile or, where that cannot read it, by FFmpeg's libraries, and checked: every
// byte of it is accounted for, and its length is exact. The interleaved samples are unchanged; AudioReader
// handles segments, mono and the check for NaN. Throws DecodeError.
std::unique_ptr<SoundSource> open_sound_file(const std::filesystem::path& path);

// The sound of a file whose bytes come from a stream, at most 2 GiB; `name` stands for the file's name in
// messages. Throws DecodeError.
std::shared_ptr<const SoundInMemory> read_sound(std::istream& stream, const std::string& name);

// By FFmpeg's libraries alone. `refusal`: why libsndfile refused the file; it is the reason given for a file
// that holds nothing that FFmpeg knows. Without these libraries it throws, and says how to convert the file.
std::unique_ptr<SoundSource> open_with_ffmpeg(std::shared_ptr<const AudioFile> file,
                                              const std::string& refusal);

// Whether the file is of ogg pages. Throws DecodeError if it is, and they are not those of one whole stream.
bool check_ogg_pages(const AudioFile& file);

// Throws DecodeError about a file with more behind its sound.
[[noreturn]] void refuse_behind(const std::string& path, std::int64_t bytes);

}  // namespace qamro::audio
