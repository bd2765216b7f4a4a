#include "qamro/io/jsonl.h"

#include <gmock/gmock.h>

#include <sstream>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using ::testing::StartsWith;

TEST(JsonlReader, ReadsRowsWithTheirLines) {
  std::istringstream stream("\xEF\xBB\xBF{\"b\": 1, \"a\": 2}\r\n\n  \t\n[1]\n\"last\"");
  JsonlReader reader(stream, "x.jsonl");
  JsonlRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.value.dump(), R"({"b":1,"a":2})");  // in the file's order
  EXPECT_EQ(row.line, 1U);
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.line, 4U);
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.value, "last");
  EXPECT_FALSE(reader.next(row));
}

TEST(JsonlReader, NamesLineAndColumnAndGoesOn) {
  std::istringstream stream("{\"a\": 1}\n{\"a\" 1}\n\xFF\n{\"a\": 3}\n");
  JsonlReader reader(stream, "x.jsonl");
  JsonlRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_THAT(message_of<InvalidInput>([&] { reader.next(row); }),
              StartsWith("x.jsonl:2:6: expected JSON, got"));
  EXPECT_EQ(row.line, 2U);
  EXPECT_THAT(message_of<InvalidInput>([&] { reader.next(row); }), StartsWith("x.jsonl:3:1: expected JSON"));
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.value["a"], 3);
}

TEST(JsonlReader, ReadsPythonsNanAsNull) {
  std::istringstream stream("{\"a\": NaN, \"b\": [NaN, 1], \"c\": \"NaN \\\" NaN\"}\n{\"a\": NaN,}\n");
  JsonlReader reader(stream, "x.jsonl");
  JsonlRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.value.dump(), R"({"a":null,"b":[null,1],"c":"NaN \" NaN"})");
  EXPECT_THROW(reader.next(row), InvalidInput);
}

TEST(JsonlReader, RefusesDeepNesting) {
  std::istringstream stream(std::string(100'000, '[') + "\n[\"" + std::string(1000, '[') + "\"]\n");
  JsonlReader reader(stream, "x.jsonl");
  JsonlRow row;
  EXPECT_THAT(message_of<InvalidInput>([&] { reader.next(row); }), HasSubstr("levels deep"));
  EXPECT_TRUE(reader.next(row));
}

// To JSON, all behind the double quote is a string; to Python, only the quote is.
TEST(JsonlReader, RefusesDeepNestingInPythonsDictionaries) {
  std::istringstream stream("['\"', " + std::string(1000, '[') + std::string(1000, ']') + "]\n");
  JsonlReader reader(stream, "x.jsonl");
  JsonlRow row;
  EXPECT_THAT(message_of<InvalidInput>([&] { reader.next(row); }), HasSubstr("levels deep"));
}

TEST(JsonlReader, ReportsFilesThatCannotBeOpened) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([&] { JsonlReader(folder.path() / "none.jsonl"); }),
              HasSubstr("No such file"));
}

}  // namespace
}  // namespace qamro::io
