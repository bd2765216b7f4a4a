#include "qamro/scoring/score_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "audio/sound_file.h"
#include "qamro/core/error.h"
#include "scoring/toy_predictor.h"
#include "training/synthetic_data.h"

namespace qamro::scoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using training::message_of;
using training::TemporaryFolder;

// Every third clip fails; the fifth is loud, so unfamiliar.
std::vector<data::Clip> mixed_clips() {
  std::vector<data::Clip> clips;
  for (std::size_t i = 0; i < 8; ++i) {
    data::Clip clip;
    const auto samples = i % 3 == 2 ? std::vector<float>() : test::noise(20'000, i, i == 4 ? 0.9F : 0.2F);
    clip.sound = std::make_shared<audio::SoundInMemory>(audio::SoundInMemory{samples, 1, kToyRate});
    clip.path_as_given = "clip " + std::to_string(i);
    clip.system = "s" + std::to_string(i % 2);
    clips.push_back(clip);
  }
  return clips;
}

class RunTest : public ::testing::Test {
 protected:
  std::string output() const { return (folder_.path() / "scores").string(); }
  bool exists(const std::string& ending) const { return std::filesystem::exists(output() + ending); }
  std::string text(const std::string& ending = "") const {
    std::ifstream stream(output() + ending);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  RunState run(const std::string& format, const RunOptions& options, const OnClip& on_clip = {}) {
    ScoreSink sink(output(), stream_, format, {{"MI"}, clips_, options.scoring.windows, true});
    return run_scoring(predictor_, clips_, sink, options, on_clip);
  }

  TemporaryFolder folder_;
  std::ostringstream stream_;
  std::vector<data::Clip> clips_ = mixed_clips();
  models::Predictor predictor_ = toy_predictor(false, trained_on({clips_[1], clips_[4], clips_[6]}));
};

TEST_F(RunTest, CountsWhatItDid) {
  std::vector<std::size_t> seen;
  const RunState state =
      run("jsonl", {}, [&](const ClipScores&, const RunState& now) { seen.push_back(now.done); });
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_TRUE(state.is_complete());
  EXPECT_EQ(state.failed, 2U);
  EXPECT_EQ(state.partly, 0U);
  EXPECT_EQ(state.unfamiliar, 1U);
  EXPECT_EQ(state.seen.seen, 3U);
  EXPECT_EQ(state.seen.clips, 6U) << "of the scored ones";
  EXPECT_EQ(state.seen.describe_systems(), "trained on 2 of 3 clips of s0, 1 of 3 of s1");
  EXPECT_EQ(state.provenance.at("clips"), 8);
  const std::string rows = text();
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 8);
  EXPECT_TRUE(exists(".provenance.json"));
  EXPECT_FALSE(exists(".journal"));
}

TEST_F(RunTest, ResumesToTheSameBytesWhereverItWasKilled) {
  for (const bool windows : {false, true}) {
    for (const std::string format : {"jsonl", "csv"}) {
      const RunOptions options{.scoring = {.windows = windows}};
      run(format, options);
      const std::string whole = text();
      const std::string provenance = text(".provenance.json");
      for (std::size_t killed_at = 1; killed_at <= clips_.size(); ++killed_at) {
        std::filesystem::remove(output());
        const auto kill = [&](const ClipScores&, const RunState& state) {
          if (state.done == killed_at) throw std::runtime_error("killed");
        };
        EXPECT_THROW(run(format, options, kill), std::runtime_error);
        EXPECT_FALSE(exists(""));
        RunOptions resume = options;
        resume.resume = true;
        const RunState state = run(format, resume);
        EXPECT_EQ(state.resumed, killed_at);
        EXPECT_EQ(state.failed, 2U);
        EXPECT_EQ(state.unfamiliar, 1U);
        EXPECT_EQ(state.seen.seen, 3U);
        EXPECT_EQ(text(), whole);
        EXPECT_EQ(text(".provenance.json"), provenance);
        EXPECT_FALSE(exists(".journal"));
      }
    }
  }
}

TEST_F(RunTest, StopsAtTheFirstErrorIfAsked) {
  const RunState state = run("jsonl", {.fail_fast = true});
  EXPECT_EQ(state.done, 3U);
  EXPECT_FALSE(state.is_complete());
  EXPECT_FALSE(exists(""));
  EXPECT_TRUE(exists(".journal"));
}

TEST_F(RunTest, ResumesWithOtherClipsInAnotherOrder) {
  run("jsonl", {.fail_fast = true});  // of clips 0, 1 and 2
  std::swap(clips_[0], clips_[5]);
  clips_.erase(clips_.begin() + 1);
  std::size_t last = 0;
  const RunState state = run("jsonl", {.resume = true}, [&](const ClipScores& scores, const RunState& now) {
    EXPECT_EQ(scores.clip.path_as_given, clips_[now.done - 1].path_as_given);
    EXPECT_EQ(now.done, ++last);
  });
  EXPECT_EQ(state.resumed, 2U);
  EXPECT_EQ(state.dropped, 1U);
  EXPECT_THAT(render_resumed(state),
              HasSubstr("resumed: 2 of 7 clips were already done; 1 line of the journal was not used: "));
  const std::string resumed = text();
  run("jsonl", {});
  EXPECT_EQ(text(), resumed);
}

TEST_F(RunTest, RefusesToResumeARunOfOtherClips) {
  run("jsonl", {.fail_fast = true});
  clips_.erase(clips_.begin(), clips_.begin() + 3);
  EXPECT_THAT(message_of([&] { run("jsonl", {.resume = true}); }), HasSubstr("of other clips"));
}

TEST_F(RunTest, WritesToAStreamWithoutFiles) {
  ScoreSink sink("-", stream_, "jsonl", {.axes = {"MI"}});
  EXPECT_TRUE(run_scoring(predictor_, clips_, sink, {}).is_complete());
  const std::string rows = stream_.str();
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 8);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(RunTest, AStreamThatCannotBeWrittenIsAnError) {
  ScoreSink sink("", stream_, "jsonl", {.axes = {"MI"}});
  stream_.setstate(std::ios::badbit);
  EXPECT_THAT(message_of([&] { run_scoring(predictor_, clips_, sink, {}); }),
              HasSubstr("standard output: cannot be written"));
}

TEST(ScoreFormats, AreFoundByNameOrRefused) {
  EXPECT_THAT(score_formats(), ElementsAre("jsonl", "csv", "answer", "audio-aes"));
  EXPECT_TRUE(holds_windows("csv"));
  EXPECT_FALSE(holds_windows("answer"));
  EXPECT_TRUE(holds_errors("audio-aes"));
  EXPECT_FALSE(holds_errors("answer"));
  std::ostringstream stream;
  EXPECT_THAT(message_of([&] { open_format("xml", stream, {}); }),
              HasSubstr("expected one of jsonl, csv, answer, audio-aes, got 'xml'"));
  EXPECT_THROW(open_format("answer", stream, {.axes = {"mos"}}), InvalidInput);
}

TEST(ScoreFormats, AnswerMayNameEachClipOnlyOnce) {
  std::ostringstream stream;
  std::vector<data::Clip> clips(2);
  clips[0].path_as_given = "x/a.wav";
  clips[1].path_as_given = "y/a.wav";
  const RowPlan plan{.axes = {"MI", "TA"}, .clips = clips};
  EXPECT_THAT(message_of([&] { open_format("answer", stream, plan); }),
              HasSubstr("expected every clip once, got 'a' from x/a.wav and y/a.wav"));
  clips[1].id = "b";
  EXPECT_NO_THROW(open_format("answer", stream, plan));
}

TEST(ScoreFormats, AnswerLeavesOutWhatHasAnError) {
  std::ostringstream stream;
  const auto format = open_format("answer", stream, {.axes = {"MI", "TA"}});
  ClipScores scores;
  scores.clip.path_as_given = "wav/a.wav";
  scores.scores = {3.25, 4.5};
  format->write(scores);
  scores.error = "no prompt";
  format->write(scores);
  EXPECT_EQ(stream.str(), "a,3.25,4.5\n");
}

}  // namespace
}  // namespace qamro::scoring
