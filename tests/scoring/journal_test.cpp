#include "qamro/scoring/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include "qamro/core/error.h"
#include "training/synthetic_data.h"

namespace qamro::scoring {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using training::message_of;
using training::TemporaryFolder;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

data::Clip clip_of(const std::string& path) {
  data::Clip clip;
  clip.path_as_given = path;
  return clip;
}

ClipScores scores_of(std::vector<double> scores, const std::string& error = "",
                     const std::string& path = "a") {
  ClipScores clip;
  clip.clip = clip_of(path);
  clip.scores = std::move(scores);
  clip.error = error;
  clip.head_share = 0.1;
  clip.duration_seconds = 1.0 / 3;
  clip.sound = {44100, 2, -1.0 / 3};
  clip.familiarity = 0.123;
  return clip;
}

class JournalTest : public ::testing::Test {
 protected:
  std::filesystem::path output() const { return folder_.path() / "scores.jsonl"; }
  std::filesystem::path file() const { return folder_.path() / "scores.jsonl.journal"; }
  std::string text() const {
    std::ifstream stream(file());
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string& text) const { std::ofstream(file()) << text; }
  void write_two() const {
    Journal journal(output(), settings_, clips_, false);
    journal.append(scores_of({0.1, kNan}, "needs a prompt"));
    journal.append(scores_of({}, "not audio", "b"));
  }
  std::size_t count(const Journal& journal) const {
    return static_cast<std::size_t>(std::count_if(journal.finished().begin(), journal.finished().end(),
                                                  [](const auto& scores) { return scores.has_value(); }));
  }

  TemporaryFolder folder_;
  std::vector<data::Clip> clips_ = {clip_of("a"), clip_of("b")};
  JournalSettings settings_{.digest = "abc", .windows = false, .axes = 2};
};

TEST_F(JournalTest, GivesBackEveryBit) {
  write_two();
  const Journal journal(output(), settings_, clips_, true);
  ASSERT_EQ(journal.finished().size(), 2U);
  const ClipScores& partly = journal.finished()[0].value();
  EXPECT_EQ(partly.scores[0], 0.1);
  EXPECT_TRUE(std::isnan(partly.scores[1]));
  EXPECT_EQ(partly.error, "needs a prompt");
  EXPECT_EQ(partly.head_share, 0.1);
  EXPECT_EQ(partly.duration_seconds, 1.0 / 3);
  EXPECT_EQ(partly.sound, (audio::SoundProperties{44100, 2, -1.0 / 3}));
  EXPECT_EQ(partly.familiarity, 0.123);
  EXPECT_THAT(journal.finished()[1]->scores, IsEmpty());
  EXPECT_EQ(journal.finished()[1]->error, "not audio");
}

TEST_F(JournalTest, GivesBackWindows) {
  settings_.windows = true;
  {
    Journal journal(output(), settings_, clips_, false);
    ClipScores clip = scores_of({1, 2});
    clip.windows = {{0, 0.3, 0.3, {1, kNan}}, {0.3, 0.7, 0.4, {1, 2}, 0.75}};
    journal.append(clip);
  }
  const Journal journal(output(), settings_, clips_, true);
  const auto& windows = journal.finished().at(0)->windows;
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[1].start_seconds, 0.3);
  EXPECT_EQ(windows[1].end_seconds, 0.7);
  EXPECT_EQ(windows[1].duration_seconds, 0.4);
  EXPECT_EQ(windows[1].scores, (std::vector<double>{1, 2}));
  EXPECT_TRUE(std::isnan(windows[0].scores[1]));
  EXPECT_EQ(windows[1].familiarity, 0.75);
  EXPECT_FALSE(windows[0].familiarity);
}

TEST_F(JournalTest, GivesBackSilenceAndAFamiliarityThatIsNotKnown) {
  {
    Journal journal(output(), settings_, clips_, false);
    ClipScores clip = scores_of({1, 2});
    clip.sound.level_db = -std::numeric_limits<double>::infinity();
    clip.familiarity = std::nullopt;
    journal.append(clip);
  }
  const Journal journal(output(), settings_, clips_, true);
  EXPECT_EQ(journal.finished().at(0)->sound.level_db, -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(journal.finished()[0]->familiarity);
}

TEST_F(JournalTest, WithoutResumeStartsAnew) {
  write_two();
  EXPECT_THAT(Journal(output(), settings_, clips_, false).finished(), IsEmpty());
}

TEST_F(JournalTest, OfAnotherRunIsRefused) {
  write_two();
  for (const JournalSettings& other : {JournalSettings{"abd", false, 2}, JournalSettings{"abc", true, 2}})
    EXPECT_THAT(message_of([&] { Journal(output(), other, clips_, true); }),
                HasSubstr("another model or other options"));
  EXPECT_EQ(count(Journal(output(), settings_, clips_, true)), 2U);  // and stays as it was
}

TEST_F(JournalTest, KeepsWhatIsWholeWhereverAKillCutIt) {
  write_two();
  const std::string whole = text();
  const std::size_t first_end = whole.find('\n', whole.find('\n') + 1) + 1;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    write(whole.substr(0, length));
    const std::size_t expected = length == whole.size() ? 2 : length >= first_end ? 1 : 0;
    EXPECT_EQ(count(Journal(output(), settings_, clips_, true)), expected) << length;
  }
}

TEST_F(JournalTest, BelongsToClipsAndNotToPlaces) {
  write_two();
  const std::string whole = text();
  const std::size_t a = whole.find('\n') + 1, b = whole.find('\n', a) + 1;
  const std::string header = whole.substr(0, a), of_a = whole.substr(a, b - a), of_b = whole.substr(b);
  const auto error_of = [&](std::size_t i) {
    const Journal journal(output(), settings_, clips_, true);
    return journal.finished()[i] ? journal.finished()[i]->error : "to do";
  };
  for (const auto& [lines, first, second] : std::vector<std::array<std::string, 3>>{
           {of_b + of_a, "needs a prompt", "not audio"},
           {of_b, "to do", "not audio"},
           {of_a + of_a + "junk\n" + of_b, "needs a prompt", "not audio"}}) {
    write(header + lines);
    EXPECT_EQ(error_of(0), first) << lines;
    write(header + lines);
    EXPECT_EQ(error_of(1), second) << lines;
  }
  write(header + of_a + of_a + "junk\n" + of_b);
  EXPECT_EQ(Journal(output(), settings_, clips_, true).dropped(), 2U);
  clips_ = {clip_of("c"), clip_of("b"), clip_of("a"), clip_of("b")};
  EXPECT_EQ(error_of(0), "to do");
  EXPECT_EQ(error_of(1), "not audio");
  EXPECT_EQ(error_of(2), "needs a prompt");
  EXPECT_EQ(error_of(3), "not audio");
  clips_ = {clip_of("c")};
  EXPECT_THAT(message_of([&] { Journal(output(), settings_, clips_, true); }), HasSubstr("of other clips"));
}

TEST_F(JournalTest, AClipThatIsTwiceInTheListLeavesNoLineOver) {
  clips_ = {clip_of("a"), clip_of("b"), clip_of("a")};
  {
    Journal journal(output(), settings_, clips_, false);
    for (const char* path : {"a", "b", "a"}) journal.append(scores_of({1, 2}, "", path));
  }
  const Journal journal(output(), settings_, clips_, true);
  EXPECT_EQ(count(journal), 3U);
  EXPECT_EQ(journal.dropped(), 0U);
}

TEST_F(JournalTest, KnowsWhatDecidesAScore) {
  const auto path = folder_.path() / "x.wav";
  std::ofstream(path) << "sound";
  data::Clip clip = clip_of("x.wav");
  clip.path = path;
  ClipScores scores = scores_of({1, 2});
  scores.clip = clip;
  Journal(output(), settings_, clips_, false).append(scores);
  std::vector<data::Clip> others(7, clip);
  others[1].start_seconds = 1;
  others[2].end_seconds = 1;
  others[3].prompt = "";
  others[4].error = "no such row";
  others[5].path_as_given = "y.wav";
  others[6].sound = std::make_shared<audio::SoundInMemory>();
  clips_ = others;
  EXPECT_EQ(count(Journal(output(), settings_, clips_, true)), 1U);
  clips_[0].system = "another system";  // as the row says, at the end
  EXPECT_EQ(count(Journal(output(), settings_, clips_, true)), 1U);
  std::ofstream(path) << "other";  // as long as before
  EXPECT_THROW(Journal(output(), settings_, clips_, true), InvalidInput);
}

TEST_F(JournalTest, LeavesOutLinesThatAreNotScores) {
  const std::string header = "{\"journal_of\":\"abc\"}\n";
  for (const char* line :
       {"[{\"path\":\"a.wav\",\"mos\":3}]", "{}", "{\"scores\":[1]}", "7", "null",
        "{\"scores\":[1],\"head_share\":1,\"duration_seconds\":1}",
        "{\"scores\":[\"a\",2],\"head_share\":1,\"duration_seconds\":1}",
        "{\"scores\":[1,2],\"head_share\":1,\"duration_seconds\":1,\"windows\":[{}]}",
        "{\"scores\":[1,2],\"head_share\":1,\"duration_seconds\":1,\"windows\":7}", "{\"error\":3}",
        "{\"scores\":[1,2],\"head_share\":1,\"duration_seconds\":1}",
        "{\"scores\":[1,2],\"head_share\":1,\"duration_seconds\":1,\"sound\":{\"channels\":1}}"}) {
    write(header + line + "\n");
    EXPECT_EQ(count(Journal(output(), settings_, clips_, true)), 0U) << line;
  }
}

TEST_F(JournalTest, IsGoneWhenItIsNotNeeded) {
  write_two();
  Journal(output(), settings_, clips_, true).remove();
  EXPECT_FALSE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace qamro::scoring
