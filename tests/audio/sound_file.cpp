#include "audio/sound_file.h"

#include <gtest/gtest.h>
#include <sndfile.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "qamro/core/random.h"

namespace qamro::test {
namespace {

// A folder of this process, removed when the process ends: ctest runs several tests at a time, each in its
// own process.
class Folder {
 public:
  Folder() : path_(::testing::TempDir() + "/qamro-audio-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string own_path(const std::string& name) {
  static const Folder folder;
  return folder.path() + "/" + name;
}

std::string write(const std::string& name, const std::vector<float>& interleaved, int rate_hz, int channels,
                  int format, int bitrate_mode) {
  const std::string path = own_path(name);
  SF_INFO info{};
  info.samplerate = rate_hz;
  info.channels = channels;
  info.format = format;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  if (file == nullptr) throw std::runtime_error(path + ": " + sf_strerror(nullptr));
  if ((format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG)
    sf_command(file, SFC_SET_BITRATE_MODE, &bitrate_mode, sizeof bitrate_mode);
  // In small pieces, because libsndfile's vorbis encoder puts a whole piece on the stack.
  constexpr std::size_t kPieceFrames = 4096;
  const auto frames = interleaved.size() / static_cast<std::size_t>(channels);
  for (std::size_t at = 0; at < frames; at += kPieceFrames)
    sf_writef_float(file, &interleaved[at * static_cast<std::size_t>(channels)],
                    static_cast<sf_count_t>(std::min(kPieceFrames, frames - at)));
  sf_close(file);
  return path;
}

}  // namespace

std::string write_sound(const std::string& name, const std::vector<float>& interleaved, int rate_hz,
                        int channels, int format) {
  return write(name, interleaved, rate_hz, channels, format, SF_BITRATE_MODE_VARIABLE);
}

std::string write_constant_rate_mp3(const std::string& name, const std::vector<float>& samples, int rate_hz) {
  return write(name, samples, rate_hz, 1, SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III,
               SF_BITRATE_MODE_CONSTANT);
}

std::vector<float> noise(std::size_t samples, std::uint64_t seed, float amplitude) {
  Random random(seed);
  std::vector<float> values(samples);
  for (auto& value : values) value = static_cast<float>(2 * random.uniform() - 1) * amplitude;
  return values;
}

std::string read_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string write_bytes(const std::string& name, const std::string& bytes) {
  const std::string path = own_path(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

}  // namespace qamro::test
