#include "qamro/text/utf8.h"

#include <gmock/gmock.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::text {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

TEST(DecodeUtf8, ReadsTheFirstAndLastOfEachLength) {
  const auto value = [](std::string_view text) {
    const CodePoint point = decode_utf8(text, 0);
    EXPECT_EQ(point.bytes, text.size());
    return static_cast<unsigned>(point.value);
  };
  EXPECT_EQ(value(std::string_view("\0", 1)), 0U);
  EXPECT_EQ(value("\x7F"), 0x7FU);
  EXPECT_EQ(value("\xC2\x80"), 0x80U);
  EXPECT_EQ(value("\xDF\xBF"), 0x7FFU);
  EXPECT_EQ(value("\xE0\xA0\x80"), 0x800U);
  EXPECT_EQ(value("\xED\x9F\xBF"), 0xD7FFU);
  EXPECT_EQ(value("\xEE\x80\x80"), 0xE000U);
  EXPECT_EQ(value("\xEF\xBF\xBF"), 0xFFFFU);
  EXPECT_EQ(value("\xF0\x90\x80\x80"), 0x10000U);
  EXPECT_EQ(value("\xF4\x8F\xBF\xBF"), 0x10FFFFU);
}

TEST(DecodeUtf8, RefusesWhatRfc3629Forbids) {
  for (const std::string_view bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80",
        "\xFF", "\xC2", "\xE2\x82", "\xF0\x9F\x98", "\xC2 ", "\xE2\x82\x28"}) {
    const std::string text = "ab" + std::string(bad);
    EXPECT_THAT(message_of<InvalidInput>([&] { decode_utf8(text, 2); }), HasSubstr("at byte offset 2"));
  }
}

}  // namespace
}  // namespace qamro::text
