#include "qamro/io/http.h"

#include <gmock/gmock.h>

namespace qamro::io {
namespace {

HttpResponse with_header(const std::string& name, const std::string& value) {
  return {"http://host/file", 200, {{name, value}}};
}

TEST(HttpFields, ANumberIsDigitsAndNothingElse) {
  EXPECT_EQ(number_in(with_header("content-length", "120"), "content-length"), 120);
  EXPECT_EQ(number_in(with_header("content-length", "0"), "content-length"), 0);
  for (const char* wrong : {"", "-1", "12x", " 12", "1e3", "99999999999999999999"})
    EXPECT_EQ(number_in(with_header("content-length", wrong), "content-length"), std::nullopt) << wrong;
  EXPECT_EQ(number_in(with_header("etag", "1"), "content-length"), std::nullopt);
}

TEST(HttpFields, AContentRangeGivesItsFirstByteAndTheTotalIfItIsKnown) {
  EXPECT_EQ(parse_content_range("bytes 100-199/200"), (ContentRange{100, 200}));
  EXPECT_EQ(parse_content_range("bytes 0-9/*"), (ContentRange{0, std::nullopt}));
  for (const char* wrong :
       {"", "bytes */200", "100-199/200", "bytes 199/200-3", "bytes x-9/10", "items 0-9/10"})
    EXPECT_EQ(parse_content_range(wrong), std::nullopt) << wrong;
}

TEST(HttpFields, OnlyAStrongTagAndAWholeHashCount) {
  const std::string hash(64, 'a');
  EXPECT_EQ(sha256_in('"' + hash + '"'), hash);
  EXPECT_EQ(sha256_in(hash), hash);
  EXPECT_EQ(sha256_in('"' + hash.substr(1) + '"'), "");
  EXPECT_EQ(sha256_in('"' + std::string(64, 'g') + '"'), "");
  EXPECT_EQ(strong_tag(with_header("etag", "\"x\"")), "\"x\"");
  EXPECT_EQ(strong_tag(with_header("etag", "W/\"x\"")), "");
  EXPECT_EQ(strong_tag(with_header("date", "\"x\"")), "");
}

}  // namespace
}  // namespace qamro::io
