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
  EXPECT_EQ(parse_content_range("bytes 100-199/200"), (ContentRange{100, 199, 200}));
  EXPECT_EQ(parse_content_range("bytes 0-9/*"), (ContentRange{0, 9, std::nullopt}));
  for (const char* wrong : {"", "bytes */200", "100-199/200", "bytes 199/200-3", "bytes x-9/10",
                            "bytes 0-x/10", "bytes 0-/10", "items 0-9/10"})
    EXPECT_EQ(parse_content_range(wrong), std::nullopt) << wrong;
}

TEST(HttpFields, ARangeLiesWithinItsTotalAndIsAsLongAsTheResponse) {
  const HttpResponse ten = with_header("content-length", "10");
  EXPECT_TRUE(is_consistent({5, 14, 15}, ten));
  EXPECT_TRUE(is_consistent({5, 14, std::nullopt}, ten));
  EXPECT_TRUE(is_consistent({5, 14, 15}, with_header("etag", "a")));
  EXPECT_FALSE(is_consistent({5, 14, 14}, ten));
  EXPECT_FALSE(is_consistent({5, 13, 15}, ten));
  EXPECT_FALSE(is_consistent({5, 4, 15}, with_header("etag", "a")));
  HttpResponse chunked = ten;  // whose length does not count
  chunked.headers["transfer-encoding"] = "chunked";
  EXPECT_TRUE(is_consistent({5, 13, 15}, chunked));
}

TEST(HttpFields, ControlCharactersCannotBeSent) {
  EXPECT_EQ(unsendable_character("hf_Az09-._~+/=", false), std::nullopt);
  EXPECT_EQ(unsendable_character("", false), std::nullopt);
  using namespace std::string_view_literals;
  for (const std::string_view wrong :
       {"ab\n"sv, "ab\r"sv, "ab\0"sv, "ab\x1f"sv, "ab\x7f"sv, "ab\x80"sv, "ab\xff"sv})
    for (const bool spaces : {false, true}) EXPECT_EQ(unsendable_character(wrong, spaces), 2U) << wrong;
  EXPECT_EQ(unsendable_character("a b\t", false), 1U);
  EXPECT_EQ(unsendable_character("a b\t", true), std::nullopt);
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
  EXPECT_EQ(strong_tag(with_header("etag", "\"\xe9\"")), "");
}

}  // namespace
}  // namespace qamro::io
