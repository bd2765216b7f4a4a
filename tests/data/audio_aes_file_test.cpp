#include "qamro/data/score_writers.h"

#include <gmock/gmock.h>

#include <limits>
#include <sstream>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

TEST(AudioAesWriter, WritesTheFourAxesInThePackagesOrder) {
  std::ostringstream out;
  AudioAesWriter writer(out, {"PQ", "extra", "Production_Complexity", "CE", "CU"});
  writer.write(std::vector<double>{1, 9, 2, 3, 4});
  writer.write(std::vector<double>{1.5, 9, 2.5, 3.5, -4.5});
  EXPECT_EQ(out.str(),
            "{\"CE\": 3.0, \"CU\": 4.0, \"PC\": 2.0, \"PQ\": 1.0}\n"
            "{\"CE\": 3.5, \"CU\": -4.5, \"PC\": 2.5, \"PQ\": 1.5}\n");
}

// json.dumps([torch.tensor(x).item() for x in …]) of Python 3.11 and torch 2.11.
TEST(AudioAesWriter, NumbersAreFloat32AsPythonWritesThem) {
  const std::vector<std::pair<double, std::string>> cases = {
      {5.1, "5.099999904632568"},
      {7.123456789, "7.123456954956055"},
      {0.1, "0.10000000149011612"},
      {1e-5, "9.999999747378752e-06"},
      {0.0001, "9.999999747378752e-05"},
      {0.00025, "0.0002500000118743628"},
      {-0.0, "-0.0"},
      {100.0, "100.0"},
      {16777216.0, "16777216.0"},
      {1e15, "999999986991104.0"},
      {9007199254740992.0, "9007199254740992.0"},
      {1e16, "1.0000000272564224e+16"},
      {1e22, "9.999999778196308e+21"},
      {std::numeric_limits<double>::infinity(), "Infinity"},
      {-std::numeric_limits<double>::infinity(), "-Infinity"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& [value, expected] : cases) {
    std::ostringstream out;
    AudioAesWriter(out, {"CE", "CU", "PC", "PQ"}).write(std::vector<double>{value, 1, 1, 1});
    EXPECT_EQ(out.str(), "{\"CE\": " + expected + ", \"CU\": 1.0, \"PC\": 1.0, \"PQ\": 1.0}\n");
  }
}

TEST(AudioAesWriter, AFailedClipKeepsItsLine) {
  std::ostringstream out;
  AudioAesWriter writer(out, {"CE", "CU", "PC", "PQ"});
  writer.write_error("b\xc3\xa4h.wav: \"no\"\nsound \xff");
  writer.write(std::vector<double>{1, 2, 3, 4});
  EXPECT_EQ(out.str(),
            "{\"error\": \"b\\u00e4h.wav: \\\"no\\\"\\nsound \\ufffd\"}\n"
            "{\"CE\": 1.0, \"CU\": 2.0, \"PC\": 3.0, \"PQ\": 4.0}\n");
}

TEST(AudioAesWriter, Refuses) {
  std::ostringstream out;
  EXPECT_THAT(message_of<InvalidInput>([&] {
                AudioAesWriter(out, {"CE", "CU", "PC"});
              }),
              HasSubstr("expected the axes CE, CU, PC and PQ, got 'CE', 'CU', 'PC'"));
  EXPECT_THROW(AudioAesWriter(out, {"mos"}), InvalidInput);
  AudioAesWriter writer(out, {"CE", "CU", "PC", "PQ"});
  EXPECT_THROW(writer.write(std::vector<double>{1, 2, 3}), InvalidInput);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace qamro::data
