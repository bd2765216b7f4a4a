#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/evaluation/joined_tables.h"
#include "qamro/evaluation/output/results_json.h"

namespace qamro::evaluation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EvaluationFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) / "qamro_evaluation_files" / test->name();
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  JoinedTables join(const std::string& labels, const std::string& predictions,
                    const JoinOptions& options = {}) {
    return join_tables(data::read_ratings(write("labels.csv", labels)),
                       data::read_ratings(write("predictions.jsonl", predictions)), options);
  }

  template <typename Call>
  std::string message_of(Call call) {
    try {
      call();
    } catch (const InvalidInput& error) {
      return error.what();
    }
    return "nothing thrown";
  }

  std::filesystem::path folder_;
};

constexpr const char* kPredictions =
    "{\"path\": \"b_1.wav\", \"mos\": 2.5, \"score\": 1}\n"
    "{\"path\": \"a_1.wav\", \"mos\": 1.5, \"score\": 2}\n"
    "{\"path\": \"c_1.wav\", \"error\": \"empty file\"}\n"
    "{\"path\": \"extra.wav\", \"mos\": 9, \"score\": 9}\n";

TEST_F(EvaluationFiles, JoinInTheOrderOfLabels) {
  const JoinedTables tables =
      join("path,system,mos,sentence\na_1.wav,A,1,s1\nb_1.wav,B,2,s2\nc_1.wav,C,3,s1\n", kPredictions,
           {.axes = {}, .system_rule = {}, .group_column = "sentence"});
  EXPECT_THAT(tables.scores.axes, ElementsAre("mos"));
  EXPECT_THAT(tables.scores.labels[0], ElementsAre(1, 2, 3));
  EXPECT_THAT(tables.scores.predictions[0], ElementsAre(1.5, 2.5, ::testing::IsNan()));
  EXPECT_THAT(tables.scores.systems, ElementsAre("A", "B", "C"));
  EXPECT_THAT(tables.scores.groups, ElementsAre("s1", "s2", "s1"));
  EXPECT_EQ(tables.failed, 1U);
  EXPECT_THAT(tables.extra, ElementsAre(HasSubstr("predictions.jsonl:4 'extra.wav'")));
}

TEST_F(EvaluationFiles, SystemsFromTheRuleWhereTheFilesTellNone) {
  const std::string labels = "path,mos,system\na_1.wav,1,\nb_1.wav,2,B\nc_1.wav,3,\n";
  JoinOptions options;
  EXPECT_EQ(join(labels, kPredictions, options).no_system.size(), 2U);
  options.system_rule = data::SystemRule("prefix");
  EXPECT_THAT(join(labels, kPredictions, options).scores.systems, ElementsAre("a", "B", "c"));
  EXPECT_TRUE(join("path,mos\na_1.wav,1\n", kPredictions).scores.systems.empty());
}

TEST_F(EvaluationFiles, AxesByName) {
  const std::string labels = "path,mos,quality\na_1.wav,1,5\nb_1.wav,2,6\n";
  EXPECT_THAT(join(labels, kPredictions, {.axes = {"quality=score"}, .system_rule = {}, .group_column = {}})
                  .scores.predictions[0],
              ElementsAre(2, 1));
  EXPECT_THAT(
      message_of([&] { join("path,quality\na_1.wav,1\n", kPredictions); }),
      HasSubstr("expected a common axis, got 'quality' and 'mos', 'score' (name a pair as 'quality=mos')"));
  EXPECT_THAT(message_of([&] {
                join(labels, kPredictions, {.axes = {"TA"}, .system_rule = {}, .group_column = {}});
              }),
              HasSubstr("expected an axis 'TA'"));
}

TEST_F(EvaluationFiles, SystemTruthWithAndWithoutHeader) {
  const SystemTruth plain = read_system_truth(write("a.csv", "S001,1.5,2\nS002,2.5,3\n"), {"MI", "TA"});
  EXPECT_THAT(plain.systems, ElementsAre("S001", "S002"));
  EXPECT_THAT(plain.values, ElementsAre(ElementsAre(1.5, 2.5), ElementsAre(2, 3)));
  const SystemTruth named = read_system_truth(write("b.csv", "system,TA,MI\nS001,2,1.5\n"), {"MI", "TA"});
  EXPECT_THAT(named.values, ElementsAre(ElementsAre(1.5), ElementsAre(2)));
  const SystemTruth other = read_system_truth(write("c.csv", "system_id,mos\nS001,2\n"), {"mos"});
  EXPECT_THAT(other.systems, ElementsAre("S001"));
  const SystemTruth german = read_system_truth(write("d.csv", "Model;mos\nS001;2,5\n"), {"mos"}, "model");
  EXPECT_THAT(german.values, ElementsAre(ElementsAre(2.5)));
  const SystemTruth four = read_system_truth(write("e.csv", "s1,1,2,3,4\n"), {"CE", "CU", "PC", "PQ"});
  EXPECT_THAT(four.systems, ElementsAre("s1"));
  EXPECT_THAT(four.values, ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3), ElementsAre(4)));
}

TEST_F(EvaluationFiles, SystemTruthRefusesByLine) {
  const auto message = [&](const std::string& text) {
    return message_of([&] { read_system_truth(write("t.csv", text), {"mos"}); });
  };
  EXPECT_THAT(message("S1,1\nS2,good\n"), HasSubstr("t.csv:2: column 'mos': expected a number"));
  EXPECT_THAT(message("S1,1\nS1,2\n"), HasSubstr("t.csv:2: system 'S1' is already in line 1"));
  EXPECT_THAT(message("S1,1,2\n"), HasSubstr("t.csv:1: expected 2 fields (system, mos), or a header, got 3"));
  EXPECT_THAT(message("clip,mos\nx,2\n"), HasSubstr("expected a column 'system'"));
}

TEST(EvaluationJson, NumbersIntervalsNullAndReason) {
  LevelMetrics level;
  level.n = 3;
  level.mse = {metrics::MetricValue::of(0.1), {statistics::Interval{0.05, 0.2}, 0}};
  level.lcc = level.srcc = level.ktau = {metrics::MetricValue::undefined("the labels are constant"), {}};
  Evaluation evaluation;
  evaluation.axes = {{"mos", level, std::nullopt}};
  EXPECT_EQ(evaluation_json(evaluation).dump(),
            R"({"utterance":{"mos":{"n":3,"mse":0.1,"lcc":null,"srcc":null,"ktau":null,"mse_ci":[0.05,0.2],)"
            R"("lcc_ci":null,"srcc_ci":null,"ktau_ci":null,"reason":"the labels are constant"}}})");
  evaluation.bootstrap.resamples = 0;
  EXPECT_FALSE(evaluation_json(evaluation)["utterance"]["mos"].contains("mse_ci"));
}

}  // namespace
}  // namespace qamro::evaluation
