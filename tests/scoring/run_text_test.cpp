#include "qamro/scoring/score_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace qamro::scoring {
namespace {

using ::testing::HasSubstr;

RunState state_of(std::size_t done, std::size_t failed) {
  RunState state;
  state.clips = 8;
  state.done = done;
  state.failed = failed;
  return state;
}

TEST(RenderRun, SaysWhereTheRowsAre) {
  EXPECT_EQ(render_run(state_of(8, 0), "toy", "a.csv", "csv"),
            "8 of 8 clips scored with toy; written to a.csv\n");
  EXPECT_EQ(render_run(state_of(8, 0), "toy", "", "csv"), "8 of 8 clips scored with toy\n");
}

TEST(RenderRun, SaysWhereTheErrorsAre) {
  EXPECT_EQ(render_run(state_of(8, 2), "toy", "", "jsonl"),
            "6 of 8 clips scored with toy; 2 failed, see \"error\" in their rows\n");
  EXPECT_EQ(render_run(state_of(8, 2), "toy", "", "answer"),
            "6 of 8 clips scored with toy; 2 failed, see above; the answer leaves them out\n");
}

TEST(RenderRun, SaysWhichClipsAreSpecial) {
  RunState state = state_of(8, 0);
  state.partly = 3;
  state.unfamiliar = 2;
  EXPECT_EQ(
      render_run(state, "toy", "", "jsonl"),
      "8 of 8 clips scored with toy; 3 of them only in part, because they have no prompt; 2 of them lie outside the clips that its heads were trained on and were scored mostly by its encoder's own head\n");
  state.familiarity = {.known = 8, .a_little_unlike = 1, .far = 4};
  EXPECT_THAT(render_run(state, "toy", "", "jsonl"),
              ::testing::EndsWith("; 4 far from the speech it was fitted on, 1 a little unlike it\n"));
  EXPECT_THAT(render_run(state, "toy", "", "answer"),
              HasSubstr("no prompt; the answer leaves them out; 2 of"));
}

TEST(RenderRun, SaysHowToGoOn) {
  EXPECT_EQ(
      render_run(state_of(3, 1), "toy", "a.csv", "csv"),
      "2 of 8 clips scored with toy; 1 failed, see \"error\" in their rows; stopped at the first failure (--fail-fast); the finished clips are kept: continue with --resume\n");
  EXPECT_THAT(render_run(state_of(3, 1), "toy", "", "csv"), ::testing::EndsWith("(--fail-fast)\n"));
}

TEST(RenderRankings, HasATablePerAxis) {
  ScoresByAxis scores;
  scores["mos"] = {{"a", "a", "b"}, {1, 2, 3}, {}};
  scores["PQ"] = {{"c"}, {4}, {}};
  const std::string text = render_rankings(scores);
  EXPECT_LT(text.find("PQ"), text.find("mos"));
  EXPECT_THAT(text, ::testing::EndsWith("\n\n"));
  EXPECT_EQ(render_rankings({}), "");
}

TEST(RenderRun, SaysHowManyClipsTheModelWasTrainedOn) {
  RunState state = state_of(8, 0);
  for (int clip = 0; clip < 8; ++clip) state.seen.add("a", clip < 5);
  EXPECT_EQ(
      render_run(state, "toy", "a.csv", "csv"),
      "8 of 8 clips scored with toy; 5 of 8 clips are among those that the model was trained on: their scores say nothing of new clips; written to a.csv\n");
  ScoresByAxis scores;
  scores["mos"] = {{"a", "a", "b"}, {1, 2, 3}, {}};
  EXPECT_EQ(render_rankings(scores, state.seen),
            render_rankings(scores) + "trained on 5 of 8 clips of a\n\n");
}

}  // namespace
}  // namespace qamro::scoring
