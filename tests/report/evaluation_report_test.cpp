#include "qamro/report/run_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/evaluation/output/results_json.h"

namespace qamro::report {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class EvaluationReportTest : public ::testing::Test {
 protected:
  EvaluationReportTest() {
    evaluation::JoinedScores& scores = evaluated_.tables.scores;
    scores.axes = {"mos"};
    scores.labels = {{1, 2, 3, 4}};
    scores.predictions = {{1, 2, 4, 3}};
    scores.systems = {"a", "a", "b", "b"};
    scores.keys = {"1", "2", "3", "4"};
    evaluated_.options.bootstrap.confidence = 0.9;
    evaluated_.results.evaluation = evaluation::evaluate(scores, evaluated_.options);
    labels_ = folder_.write("labels.csv", "path,mos\n1,1\n").string();
    predictions_ = folder_.write("ours.csv", "path,mos\n1,1\n").string();
  }
  ReportData data() const {
    return evaluation_report(evaluated_, {labels_}, {predictions_},
                             evaluation::results_json(evaluated_.results));
  }

  testing::TemporaryFolder folder_;
  evaluation::EvaluatedTables evaluated_;
  std::string labels_;
  std::string predictions_;
};

TEST_F(EvaluationReportTest, HoldsWhatWasEvaluated) {
  const ReportData report = data();
  EXPECT_EQ(report.title, "ours.csv");
  EXPECT_EQ(report.results, evaluation::results_json(evaluated_.results));
  EXPECT_EQ(report.test.confidence, 0.9);
  ASSERT_THAT(report.rankings, SizeIs(1));
  ASSERT_THAT(report.rankings[0].by_label.comparison.systems, SizeIs(2));
  EXPECT_EQ(report.rankings[0].by_label.comparison.systems[0].system, "b");
  EXPECT_FALSE(report.method.empty());
  ASSERT_THAT(report.cards, SizeIs(1));
  EXPECT_EQ(report.cards[0].document.at("clips"), 4);
  EXPECT_NE(render_report(report).find("ours.csv"), std::string::npos);
}

TEST_F(EvaluationReportTest, HasTheProvenanceThatLiesBesideThePredictions) {
  folder_.write("ours.csv.provenance.json", "{\"model\": \"toy\"}");
  ASSERT_THAT(data().cards, SizeIs(2));
  EXPECT_EQ(data().cards[1].title, "How the predictions were made");
  EXPECT_EQ(data().cards[1].document.at("model"), "toy");
  EXPECT_THAT(data().scales, ElementsAre(std::nullopt));
  folder_.write("ours.csv.provenance.json",
                R"({"axes": [{"name": "PQ", "scale": [1, 10]}, {"name": "mos", "scale": [0, 100]}]})");
  EXPECT_THAT(data().scales, ElementsAre(AxisScale{0, 100}));
  for (const char* odd :
       {"[]", R"({"axes": 1})",
        R"({"axes": [1, {"name": "mos", "scale": [5, 1]}, {"name": "mos", "scale": "1"}]})"}) {
    folder_.write("ours.csv.provenance.json", odd);
    for (const auto& scale : data().scales) EXPECT_FALSE(scale) << odd;
  }
  folder_.write("ours.csv.provenance.json", "{");
  EXPECT_THROW(data(), InvalidInput);
}

}  // namespace
}  // namespace qamro::report
