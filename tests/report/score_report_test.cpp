#include "qamro/report/run_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "scoring/toy_predictor.h"

namespace qamro::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

scoring::ClipScores scored(const std::string& path, double score, std::optional<std::string> system) {
  scoring::ClipScores scores;
  scores.clip.path_as_given = path;
  scores.clip.system = std::move(system);
  scores.scores = {score};
  return scores;
}

class ScoreReportTest : public ::testing::Test {
 protected:
  models::Predictor predictor_ = scoring::toy_predictor(false);
  ScoreReport report_{predictor_};
};

TEST_F(ScoreReportTest, RanksTheSystemsWithoutLabels) {
  report_.add(scored("1.wav", 2, "low"));
  report_.add(scored("2.wav", 3, "high"));
  const ReportData data = report_.data({{"model", "toy"}});
  EXPECT_EQ(data.title, "toy");
  EXPECT_THAT(data.scores.axes, ElementsAre("MI"));
  EXPECT_THAT(data.scores.keys, ElementsAre("1.wav", "2.wav"));
  EXPECT_THAT(data.scores.predictions[0], ElementsAre(2, 3));
  EXPECT_TRUE(std::isnan(data.scores.labels[0][1]));
  ASSERT_THAT(data.rankings, SizeIs(1));
  ASSERT_THAT(data.rankings[0].by_prediction.comparison.systems, SizeIs(2));
  EXPECT_EQ(data.rankings[0].by_prediction.comparison.systems[0].system, "high");
  EXPECT_THAT(data.rankings[0].by_label.comparison.systems, IsEmpty());
  EXPECT_EQ(data.results, nullptr);
  ASSERT_THAT(data.scales, SizeIs(1));
  EXPECT_EQ(data.scales[0]->low, predictor_.axes()[0].scale_low);
  EXPECT_EQ(data.scales[0]->high, predictor_.axes()[0].scale_high);
  EXPECT_THAT(data.method, SizeIs(3));
  ASSERT_THAT(data.cards, SizeIs(1)) << "the toy has no document";
  EXPECT_EQ(data.cards[0].document.at("model"), "toy");
}

TEST_F(ScoreReportTest, LeavesOutClipsWithAnError) {
  scoring::ClipScores broken = scored("1.wav", 2, "a");
  broken.scores.clear();
  broken.error = "broken";
  report_.add(broken);
  report_.add(scored("2.wav", 3, "b"));
  EXPECT_THAT(report_.data({}).scores.keys, ElementsAre("2.wav"));
}

TEST_F(ScoreReportTest, ClipsWithoutASystemAreOneIfOthersHaveSystems) {
  report_.add(scored("1.wav", 2, std::nullopt));
  EXPECT_THAT(report_.data({}).scores.systems, IsEmpty());
  EXPECT_THAT(report_.data({}).rankings[0].by_prediction.comparison.systems, IsEmpty());
  report_.add(scored("2.wav", 3, "a"));
  EXPECT_THAT(report_.data({}).scores.systems, ElementsAre("(no system)", "a"));
}

TEST(ScoreReport, ShowsTheModelsDocument) {
  models::Predictor plain = scoring::toy_predictor(false);
  models::ModelDescription description = plain.description();
  description.document = {{"name", "toy"}, {"licence", "MIT"}};
  std::promise<std::string> sha256;
  sha256.set_value("0123");
  models::ModelParts parts;
  parts.encoder = std::make_unique<scoring::LevelEncoder>();
  parts.head = std::make_unique<scoring::LevelHead>();
  const models::Predictor predictor(description, sha256.get_future().share(), {}, std::move(parts));
  const ReportData data = ScoreReport(predictor).data({});
  ASSERT_THAT(data.cards, SizeIs(2));
  EXPECT_EQ(data.cards[1].title, "Model: toy");
  EXPECT_EQ(data.cards[1].document.at("licence"), "MIT");
}

TEST_F(ScoreReportTest, WarnsOfClipsThatTheModelWasTrainedOn) {
  scoring::ClipScores seen = scored("<1>.wav", 2, "<low>");
  report_.add(scored("2.wav", 3, "high"));
  EXPECT_EQ(render_report(report_.data({})).find("class=\"warnings\""), std::string::npos);
  seen.in_training = true;
  report_.add(seen);
  const std::string page = render_report(report_.data({}));
  EXPECT_NE(
      page.find(
          "<strong>Training clips.</strong> 1 of 2 clips are among those that the model was trained on"),
      std::string::npos);
  EXPECT_NE(page.find("(trained on 1 of 1 clips of &lt;low&gt;).</p>"), std::string::npos);
  EXPECT_NE(page.find(R"("in_training":{"clips":1,"of":2)"), std::string::npos);
}

}  // namespace
}  // namespace qamro::report
