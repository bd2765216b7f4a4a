#include "audio/sound_file.h"

#include <gtest/gtest.h>
#include <sndfile.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "qamro/core/random.h"

namespace qamro::test {
namespace {

// ctest runs every test in a process of its own, several at a time: each writes under its own name.
std::string own_path(const std::string& name) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return testing::TempDir() + "/" + test->test_suite_name() + "." + test->name() + "." + name;
}

}  // namespace

std::string write_sound(const std::string& name, const std::vector<float>& interleaved, int rate_hz,
                        int channels, int format) {
  const std::string path = own_path(name);
  SF_INFO info{};
  info.samplerate = rate_hz;
  info.channels = channels;
  info.format = format;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  if (file == nullptr) throw std::runtime_error(path + ": " + sf_strerror(nullptr));
  sf_writef_float(file, interleaved.data(), static_cast<sf_count_t>(interleaved.size()) / channels);
  sf_close(file);
  return path;
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
