#include "qamro/data/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace qamro::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Clip> clips(std::size_t count) {
  std::vector<Clip> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i].path_as_given = std::to_string(i);
  return result;
}

std::vector<std::string> names(const std::vector<Clip>& clips) {
  std::vector<std::string> result;
  for (const Clip& clip : clips) result.push_back(clip.path_as_given);
  return result;
}

TEST(ParseShard, CountsFromOne) {
  const auto second = parse_shard("2/8");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->index, 1U);
  EXPECT_EQ(second->count, 8U);
  ASSERT_TRUE(parse_shard("1/1"));
  EXPECT_EQ(parse_shard("1/1")->index, 0U);
  ASSERT_TRUE(parse_shard("8/8"));
  EXPECT_EQ(parse_shard("8/8")->index, 7U);
}

TEST(ParseShard, RefusesAnythingElse) {
  for (const char* text : {"",     "/",    "1",     "1/",   "/2",   "0/2",   "3/2",
                           "0/0",  "1/0",  "-1/2",  "1/-2", "+1/2", " 1/2",  "1/2 ",
                           "1 /2", "1//2", "1/2/3", "a/2",  "1/b",  "1.0/2", "1/99999999999999999999999"})
    EXPECT_FALSE(parse_shard(text)) << "'" << text << "'";
}

TEST(ClipsOfShard, AreEveryCountThClip) {
  EXPECT_THAT(names(clips_of_shard(clips(7), {0, 3})), ElementsAre("0", "3", "6"));
  EXPECT_THAT(names(clips_of_shard(clips(7), {2, 3})), ElementsAre("2", "5"));
  EXPECT_THAT(names(clips_of_shard(clips(2), {0, 1})), ElementsAre("0", "1"));
}

TEST(ClipsOfShard, MayBeNone) {
  EXPECT_THAT(clips_of_shard(clips(2), {2, 3}), IsEmpty());
  EXPECT_THAT(clips_of_shard({}, {0, 3}), IsEmpty());
}

}  // namespace
}  // namespace qamro::data
