#include "qamro/evaluation/output/comparison_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "qamro/core/error.h"
#include "qamro/evaluation/output/results_text.h"
#include "qamro/evaluation/output/text_table.h"

namespace qamro::evaluation {
namespace {

void expect_within_80_columns(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(text_width(line), 80U) << line;
}

TEST(TextTable, AlignsByCodePoints) {
  TextTable table({{"name", Align::kLeft}, {"x"}});
  table.add_row({"é", "1"});
  table.add_row({"longer", "22"});
  EXPECT_EQ(table.str(),
            "name     x\n"
            "──────────\n"
            "é        1\n"
            "longer  22\n");
  EXPECT_THROW(table.add_row({"one"}), InvalidInput);
}

TEST(Shortened, LosesTheMiddle) {
  EXPECT_EQ(shortened("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(shortened("abcdefghijk", 6), "abc…jk");
  EXPECT_EQ(shortened("äöüßéèêëñç", 5), "äö…ñç");
}

SystemVerdict verdict_of(std::vector<RankedSystem> ranking) {
  SystemVerdict verdict;
  verdict.comparison.systems = std::move(ranking);
  return verdict;
}

TEST(RenderRanking, DrawsIntervalsToScale) {
  const std::string text =
      render_ranking(verdict_of({{"opus_64k", 40, 4.0, statistics::Interval{3.0, 5.0}, 1, {0}},
                                 {"a_system_with_a_very_long_name_indeed", 7, 1.0, std::nullopt, 2, {1}}}),
                     "mos");
  EXPECT_THAT(text,
              ::testing::HasSubstr(
                  "1  opus_64k                 40  4.00  [3.00, 5.00]  a               ├─────●────┤\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("2  a_system_w…me_indeed      7  1.00                b    ●\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("1.00               5.00"));
  expect_within_80_columns(text);
}

TEST(RenderRanking, MushraScaleStillFits) {
  expect_within_80_columns(render_ranking(verdict_of({{"a_system_with_a_very_long_name_indeed",
                                                       12345,
                                                       100.0,
                                                       statistics::Interval{100.0, 100.0},
                                                       100,
                                                       {2, 3, 4, 5, 6, 7, 8, 9}}}),
                                          "enjoyment of the content"));
}

TEST(RenderEvaluation, ValuesIntervalsAndReasons) {
  Evaluation evaluation;
  LevelMetrics level;
  level.n = 12345;
  level.mse = {metrics::MetricValue::of(12.247), {statistics::Interval{10.212, 14.301}, 0}};
  level.lcc = {metrics::MetricValue::of(-0.851), {statistics::Interval{-0.9, -0.8}, 0}};
  level.srcc = {metrics::MetricValue::undefined("the labels are constant"), {}};
  level.ktau = level.srcc;
  evaluation.axes = {{"mos", level, level}};
  LevelMetrics all = level;
  all.srcc = all.ktau = all.lcc;
  evaluation.axes.push_back({"enjoyment of the content", all, all});
  const std::string text = render_evaluation(evaluation);
  EXPECT_THAT(text, ::testing::HasSubstr("12.2"));
  EXPECT_THAT(text, ::testing::HasSubstr("[-0.90, -0.80]"));
  EXPECT_THAT(text, ::testing::HasSubstr("– mos: the labels are constant\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("95 % bootstrap interval, 1000 resamples of systems"));
  expect_within_80_columns(text);
}

}  // namespace
}  // namespace qamro::evaluation
