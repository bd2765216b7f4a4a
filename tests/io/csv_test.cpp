#include "qamro/io/csv.h"

#include <gmock/gmock.h>

#include <sstream>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using Rows = std::vector<std::vector<std::string>>;

Rows read(const std::string& text, const CsvOptions& options = {.header = false}) {
  std::istringstream stream(text);
  CsvReader reader(stream, "x.csv", options);
  Rows rows;
  for (CsvRow row; reader.next(row);) rows.push_back(row.fields);
  return rows;
}

TEST(CsvReader, ReadsQuotesLineEndsAndEmptyFields) {
  EXPECT_EQ(read("a,b\n1,2\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(read("a,b\r\n1,2"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(read("\"a,\"\"b\"\"\",\"c\nd\"\r\n"), (Rows{{"a,\"b\"", "c\nd"}}));
  EXPECT_EQ(read("\"x\r\ny\",z"), (Rows{{"x\r\ny", "z"}}));
  EXPECT_EQ(read(",\n,\r\n"), (Rows{{"", ""}, {"", ""}}));
  EXPECT_EQ(read("a,\r\n"), (Rows{{"a", ""}}));
  EXPECT_EQ(read("\"\"\n"), (Rows{{""}}));
  EXPECT_EQ(read(" a , b\"c\" \n"), (Rows{{" a ", " b\"c\" "}}));
  EXPECT_EQ(read("a\tb,c\n", {.delimiter = '\t', .header = false}), (Rows{{"a", "b,c"}}));
}

TEST(CsvReader, SkipsBlankLinesAndByteOrderMark) {
  EXPECT_EQ(read("\xEF\xBB\xBF\n\r\n\"a\",b\n\n1,2\n\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("\n\n"), IsEmpty());
  EXPECT_EQ(read("\xEF\xBC\xA1,b\n"), (Rows{{"\xEF\xBC\xA1", "b"}}));  // begins like a mark but is not one
}

TEST(CsvReader, RowsKnowTheirLine) {
  std::istringstream stream("h,i\n\n\"a\nb\",1\nc,2\n");
  CsvReader reader(stream, "x.csv");
  EXPECT_THAT(reader.header(), ElementsAre("h", "i"));
  EXPECT_EQ(reader.require_column("i"), 1U);
  EXPECT_FALSE(reader.find_column("j"));
  CsvRow row;
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.line, 3U);
  ASSERT_TRUE(reader.next(row));
  EXPECT_EQ(row.line, 5U);
  EXPECT_EQ(reader.where(row.line), "x.csv:5");
  EXPECT_FALSE(reader.next(row));
}

TEST(CsvReader, NamesFileAndLineAndGoesOn) {
  std::istringstream stream("a,b\n1\n2,3,4\n\"x\"y,1\n5,6\n");
  CsvReader reader(stream, "x.csv");
  CsvRow row;
  EXPECT_EQ(message_of<InvalidInput>([&] { reader.next(row); }), "x.csv:2: expected 2 columns, got 1");
  EXPECT_EQ(message_of<InvalidInput>([&] { reader.next(row); }), "x.csv:3: expected 2 columns, got 3");
  EXPECT_THAT(message_of<InvalidInput>([&] { reader.next(row); }), HasSubstr("x.csv:4: expected ','"));
  ASSERT_TRUE(reader.next(row));
  EXPECT_THAT(row.fields, ElementsAre("5", "6"));
}

TEST(CsvReader, RefusesBrokenFiles) {
  EXPECT_EQ(message_of<InvalidInput>([] { read("a,b\n1,\"2\n3\n"); }),
            "x.csv:2: expected a closing quote, got the end of the file");
  EXPECT_EQ(message_of<InvalidInput>([] { read("a,a\n", {}); }),
            "x.csv:1: expected every column once, got 'a' twice");
  EXPECT_EQ(message_of<InvalidInput>([] { read(std::string("a\0b\n", 4)); }),
            "x.csv:1: expected text, got a NUL byte");
  EXPECT_THROW(read("", {.delimiter = '"'}), InvalidInput);
  std::istringstream stream("a,b\n");
  CsvReader reader(stream, "x.csv");
  EXPECT_EQ(message_of<InvalidInput>([&] { reader.require_column("mos"); }),
            "x.csv: expected a column 'mos', got the header 'a,b'");
}

TEST(CsvReader, ReportsFilesThatCannotBeOpened) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([&] { CsvReader(folder.path() / "none.csv"); }),
              HasSubstr("none.csv: No such file"));
  EXPECT_THAT(message_of<FileError>([&] { CsvReader(folder.path()); }), HasSubstr("Is a directory"));
}

TEST(CsvWriter, WhatItWritesIsReadBack) {
  const Rows rows = {
      {"plain", "with,comma"}, {"quote\"d", "line\nend"}, {"", "cr\rx"}, {" blank ", "\xC3\xA9"}};
  std::ostringstream stream;
  CsvWriter writer(stream);
  for (const auto& row : rows) writer.write(row);
  EXPECT_EQ(read(stream.str()), rows);
  EXPECT_THAT(stream.str(), HasSubstr("plain,\"with,comma\"\n"));
  std::ostringstream single;
  CsvWriter(single).write({""});
  EXPECT_EQ(read(single.str()), (Rows{{""}}));
  EXPECT_THROW(CsvWriter(single, '\n'), InvalidInput);
}

}  // namespace
}  // namespace qamro::io
