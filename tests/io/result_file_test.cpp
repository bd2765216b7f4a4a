#include "qamro/io/atomic_file.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "io/temporary_folder.h"

namespace qamro::io {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ResultFile, WritesJsonWhateverBytesAPathHas) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "out.json";
  write_json(file, {{"path", "a\xff.wav"}, {"number", 1.5}});
  EXPECT_EQ(content(file), "{\n  \"path\": \"a\xEF\xBF\xBD.wav\",\n  \"number\": 1.5\n}\n");
}

TEST(ResultFile, AppearsWholeOrNotAtAll) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "out.txt";
  EXPECT_THROW(write_result(file,
                            [](std::ostream& stream) {
                              stream << "half";
                              throw std::runtime_error("x");
                            }),
               std::runtime_error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  write_result(file, [](std::ostream& stream) { stream << "whole"; });
  EXPECT_EQ(content(file), "whole");
}

}  // namespace
}  // namespace qamro::io
