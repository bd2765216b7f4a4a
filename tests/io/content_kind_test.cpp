#include "qamro/io/content_kind.h"

#include <gmock/gmock.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr std::array kAll = {ContentKind::torch, ContentKind::safetensors, ContentKind::json,
                             ContentKind::other};

TEST(ContentKind, FollowsTheName) {
  for (const char* name : {"a.pt", "a.PT", "pytorch_model.bin", "a/b.ckpt", "a.pth"})
    EXPECT_EQ(content_kind_of(name), ContentKind::torch) << name;
  EXPECT_EQ(content_kind_of("model.safetensors"), ContentKind::safetensors);
  EXPECT_EQ(content_kind_of("vocab.json"), ContentKind::json);
  for (const char* name : {"merges.txt", "a.model", "pt", "json", ".pt", ""})
    EXPECT_EQ(content_kind_of(name), ContentKind::other) << name;
}

TEST(ContentKind, EachKindHasItsFirstBytes) {
  const auto begins = [](ContentKind kind, std::string_view bytes) { return may_begin(kind, bytes); };
  for (const auto bytes : {"P"sv, "PK\x03\x04"sv, "PK\x03\x04zip"sv, "\x80"sv, "\x80\x02"sv, "\x80\x05]"sv})
    EXPECT_TRUE(begins(ContentKind::torch, bytes)) << bytes;
  for (const auto bytes :
       {""sv, "X"sv, "PKX"sv, "PK\x05\x06"sv, "\x80\x06"sv, "\x80\x00"sv, "<html>"sv, "{}"sv})
    EXPECT_FALSE(begins(ContentKind::torch, bytes)) << bytes;
  for (const auto bytes :
       {"\x10"sv, "\x10\0\0\0\0\0\0\0"sv, "\x10\0\0\0\0\0\0\0{"sv, "\0\xe1\xf5\x05\0\0\0\0{"sv})
    EXPECT_TRUE(begins(ContentKind::safetensors, bytes)) << bytes;
  for (const auto bytes : {""sv, "\x10\0\0\0\0\0\0\0["sv, "\x01\0\0\0\0\0\0\0{"sv,
                           "\1\xe1\xf5\x05\0\0\0\0{"sv, "<!doctype html>"sv})
    EXPECT_FALSE(begins(ContentKind::safetensors, bytes)) << bytes;
  for (const auto bytes : {"{"sv, " \n[1"sv, "\xEF\xBB\xBF{"sv, " "sv})
    EXPECT_TRUE(begins(ContentKind::json, bytes)) << bytes;
  for (const auto bytes : {""sv, "<html>"sv, "null"sv, "3"sv})
    EXPECT_FALSE(begins(ContentKind::json, bytes)) << bytes;
  for (const auto bytes : {"#version: 0.2"sv, "<s> 0"sv, "<unk>"sv, "\0\1"sv, "<!--"sv, "<htm"sv})
    EXPECT_TRUE(begins(ContentKind::other, bytes)) << bytes;
  EXPECT_FALSE(begins(ContentKind::other, ""));
}

TEST(ContentKind, AWebPageIsOfNoKind) {
  for (const auto page :
       {"<!DOCTYPE html>"sv, "<html lang=en>"sv, "\n <HTML>"sv, "\xEF\xBB\xBF<head>"sv, "<title>A"sv,
        "<script>"sv, "<!-- a --><html>"sv, "<?xml version=\"1.0\"?>\n<html xmlns"sv}) {
    EXPECT_TRUE(is_web_page(page)) << page;
    EXPECT_THAT(content_in_words(page), HasSubstr("HTML page")) << page;
    for (const ContentKind kind : kAll) EXPECT_FALSE(may_begin(kind, page)) << page;
  }
}

TEST(ContentKind, ATitleIsOneShortLine) {
  const auto words = [](const std::string& title) {
    return content_in_words("<html><title>" + title + "</title>");
  };
  EXPECT_EQ(words("Log in"), "an HTML page titled 'Log in'");
  EXPECT_EQ(words("\n Log\r\n\t in \n"), "an HTML page titled 'Log in'");
  EXPECT_EQ(words(std::string("a\0b\x1b[2Jc\x7f", 9)), "an HTML page titled 'a b [2Jc'");
  EXPECT_EQ(words(""), "an HTML page without a title");
  EXPECT_EQ(words(std::string(80, 'x')), "an HTML page titled '" + std::string(80, 'x') + "'");
  EXPECT_EQ(words(std::string(79, 'x') + "éé"), "an HTML page titled '" + std::string(79, 'x') + "…'");
  EXPECT_EQ(content_in_words("<html><title>cut off"), "an HTML page titled 'cut off'");
  EXPECT_EQ(content_in_words("<html><title"), "an HTML page without a title");
}

TEST(ContentKind, AWholeFileHasToBeSound) {
  const testing::TemporaryFolder folder;
  const auto refusal = [&](ContentKind kind, const std::string& content) {
    return content_refusal(kind, folder.write("file", content));
  };
  EXPECT_EQ(refusal(ContentKind::json, R"({"a": [1, 2]})"), std::nullopt);
  EXPECT_THAT(refusal(ContentKind::json, R"({"a": [1, 2)"), Optional(HasSubstr("expected JSON, got ")));
  EXPECT_THAT(refusal(ContentKind::json, " "), Optional(HasSubstr("expected JSON, got ")));
  std::string vocabulary = "{\"a\": 0";
  for (int i = 1; i < 50'000; ++i) vocabulary += ", \"" + std::to_string(i) + "\": 1";
  EXPECT_EQ(refusal(ContentKind::json, vocabulary + "}"), std::nullopt);
  const std::string header("\x02\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(refusal(ContentKind::safetensors, header + "{}"), std::nullopt);
  EXPECT_THAT(refusal(ContentKind::safetensors, header + "{"),
              Optional(HasSubstr("got 9 bytes without a whole header")));
  EXPECT_THAT(refusal(ContentKind::safetensors, "\x02"),
              Optional(HasSubstr("got 1 bytes without a whole header")));
  for (const ContentKind kind : kAll) EXPECT_THAT(refusal(kind, ""), Optional(HasSubstr("got no bytes")));
  EXPECT_THROW(content_refusal(ContentKind::json, folder.path() / "absent"), FileError);
}

}  // namespace
}  // namespace qamro::io
