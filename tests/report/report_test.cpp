#include "qamro/report/report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <limits>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/evaluation/output/results_json.h"

namespace qamro::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

constexpr double kMissingScore = std::numeric_limits<double>::quiet_NaN();

// The page's own data.
Json data_of(const std::string& html) {
  constexpr std::string_view kBegin = "<script type=\"application/json\" id=\"qamro-data\">";
  const std::size_t begin = html.find(kBegin) + kBegin.size();
  return Json::parse(html.substr(begin, html.find("</script>", begin) - begin));
}

// `clips` clips of `systems` systems, whose predictions follow the labels.
ReportData judged(std::size_t clips, std::size_t systems) {
  ReportData data;
  data.scores.axes = {"mos"};
  data.scores.labels.resize(1);
  data.scores.predictions.resize(1);
  Random random(7);
  for (std::size_t i = 0; i < clips; ++i) {
    const double quality = static_cast<double>(i % systems) / static_cast<double>(systems);
    data.scores.systems.push_back(fmt::format("system {}", i % systems));
    data.scores.keys.push_back(fmt::format("{}.wav", i));
    data.scores.labels[0].push_back(1 + 3 * quality + random.uniform());
    data.scores.predictions[0].push_back(1 + 3 * quality + random.uniform());
  }
  data.rankings = rank_axes(data.scores, data.test);
  evaluation::EvaluationOptions how;
  how.bootstrap.resamples = 50;
  data.results = evaluation::evaluation_json(evaluation::evaluate(data.scores, how));
  return data;
}

TEST(Report, NoSectionsIsStillAPage) {
  const std::string html = render_report({});
  EXPECT_TRUE(html.starts_with("<!doctype html>"));
  EXPECT_EQ(data_of(html)["axes"], Json::array());
  EXPECT_EQ(data_of(html)["results"], nullptr);
}

TEST(Report, HoldsTheNumbersAsTheyAre) {
  const ReportData data = judged(60, 3);
  const Json json = data_of(render_report(data));
  EXPECT_EQ(json["results"], data.results);
  const Json& axis = json["axes"][0];
  EXPECT_EQ(axis["clips"], 60);
  ASSERT_EQ(axis["systems"].size(), 3u);
  for (std::size_t s = 0; s < 3; ++s) {
    const evaluation::RankedSystem& row = data.rankings[0].by_prediction.comparison.systems[s];
    EXPECT_EQ(axis["systems"][s]["system"], row.system);
    EXPECT_EQ(axis["systems"][s]["prediction"]["mean"].get<double>(), row.mean);
    EXPECT_EQ(axis["systems"][s]["prediction"]["mean_ci"][0].get<double>(), row.interval->low);
    EXPECT_EQ(axis["systems"][s]["prediction"]["mean_ci"][1].get<double>(), row.interval->high);
    EXPECT_EQ(axis["systems"][s]["prediction"]["tie"], evaluation::tie_letters(row));
  }
  EXPECT_EQ(axis["points"]["label"].get<std::vector<double>>(), data.scores.labels[0]);
  EXPECT_EQ(axis["points"]["prediction"].get<std::vector<double>>(), data.scores.predictions[0]);
}

TEST(Report, TheHeadlinesNumbersAreInTheData) {
  ReportData data = judged(60, 3);
  data.agreement = {"SRCC 0.93", "over clips"};
  const Json json = data_of(render_report(data));
  const evaluation::SystemComparison& comparison = data.rankings[0].by_prediction.comparison;
  const Json& verdict = json["axes"][0]["verdict"];
  ASSERT_EQ(verdict["pairs"].size(), 1u) << "of three pairs, the one that the sentence is about";
  const evaluation::SystemPair& pair = *evaluation::headline_pair(comparison);
  EXPECT_EQ(verdict["pairs"][0]["difference"].get<double>(), pair.test.difference);
  EXPECT_EQ(verdict["pairs"][0]["difference_ci"][0].get<double>(), pair.test.interval->low);
  EXPECT_EQ(verdict["pairs"][0]["p_holm"].get<double>(), *pair.p_holm);
  EXPECT_EQ(verdict["verdict"], data.rankings[0].by_prediction.text);
  EXPECT_THAT(verdict["letters"].get<std::string>(), HasSubstr("test of 3 pairs, Holm-corrected"));
  EXPECT_EQ(json["axes"][0]["label_verdict"]["verdict"], data.rankings[0].by_label.text);
  EXPECT_EQ(json["headline"]["answer"], "SRCC 0.93.");
  EXPECT_EQ(json["axes"][0]["systems"][0]["prediction"]["groups"], comparison.systems[0].groups);
}

TEST(Report, TheTitleHasSystemsModelAndDate) {
  ReportData data = judged(60, 3);
  data.title = "distill-mos";
  data.date = "2026-12-01";
  EXPECT_THAT(render_report(data),
              HasSubstr("<title>system 2, system 1 and system 0 · distill-mos · 2026-12-01</title>"));
  data.scores.systems.assign(60, std::string(100, 'x'));
  data.rankings = rank_axes(data.scores, data.test);
  EXPECT_THAT(render_report(data), Not(HasSubstr("<title>" + std::string(41, 'x'))));
  EXPECT_THAT(render_report({}), HasSubstr("<title>qamro report</title>"));
}

TEST(Report, WarningsStandOnThePageItself) {
  ReportData data = judged(6, 2);
  EXPECT_THAT(render_report(data), Not(HasSubstr("class=\"warnings\"")));
  data.warnings = {{"Unfamiliar <audio>", "6 of 6 clips"}, {"Mixed rates", "16 and 48 kHz"}};
  const std::string html = render_report(data);
  EXPECT_THAT(html, HasSubstr("<strong>Unfamiliar &lt;audio&gt;.</strong> 6 of 6 clips</p>"));
  EXPECT_LT(html.find("Mixed rates"), html.find("<main")) << "before everything but the answer";
  EXPECT_EQ(data_of(html)["warnings"][1]["text"], "16 and 48 kHz");
}

TEST(Report, TheScaleIsTheModelsIfItIsKnown) {
  ReportData data = judged(6, 2);
  EXPECT_EQ(data_of(render_report(data))["axes"][0]["scale"], nullptr);
  data.scales = {std::nullopt};
  EXPECT_EQ(data_of(render_report(data))["axes"][0]["scale"], nullptr);
  data.scales = {AxisScale{0, 100}};
  EXPECT_EQ(data_of(render_report(data))["axes"][0]["scale"], Json({0.0, 100.0}));
  data.scales.emplace_back();
  EXPECT_THAT(testing::message_of<InvalidInput>([&] { render_report(data); }),
              HasSubstr("scales: expected 1, one per axis, got 2"));
}

TEST(Report, IsWrittenWholeWithLinksRelativeToItsFile) {
  const testing::TemporaryFolder folder;
  folder.write("audio/1.wav", std::string("RIFF\0\0\0\0WAVE", 12));
  ReportData data = judged(4, 2);
  data.audio.roots = {folder.path() / "audio"};
  const auto file = folder.write("pages/report.html", "an old one");
  write_report(data, file);
  const std::string html = testing::read_bytes(file);
  data.audio.report_folder = folder.path() / "pages";
  EXPECT_EQ(html, render_report(data));
  EXPECT_THAT(html, HasSubstr("../audio/1.wav"));
  EXPECT_THROW(write_report(data, folder.path() / "nowhere" / "report.html"), FileError);
}

TEST(Report, HostileTextStaysText) {
  const std::string hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{script}}";
  ReportData data = judged(4, 2);
  data.title = hostile;
  data.scores.systems = {hostile, "b", hostile, "b"};
  data.scores.keys = {hostile, "\xFF\xFE", "x", ""};
  data.rankings = rank_axes(data.scores, data.test);
  data.tables = {{hostile, hostile, {hostile}, {{hostile}}}};
  data.figures = {{hostile, hostile, {{{hostile, hostile, hostile, {{hostile, {}, {}, {{{1, 2}}}}}, {}}}}}};
  data.cards = {{hostile, {{hostile, hostile}}}};
  data.method = {hostile};
  data.command = hostile;
  const std::string html = render_report(data);
  EXPECT_EQ(html.find("alert(1)</script>"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  const Json json = data_of(html);
  EXPECT_EQ(json["method"][0], hostile);
  EXPECT_EQ(json["tables"][0]["rows"][0][0], hostile);
  // The page's own scripts occur once.
  const std::string mark = "addEventListener(\"DOMContentLoaded\", build)";
  EXPECT_EQ(html.find(mark), html.rfind(mark));
}

TEST(Report, MissingNumbersAndUndefinedMetricsAreNull) {
  ReportData data = judged(6, 2);
  data.scores.labels[0] = {3, 3, 3, 3, 3, kMissingScore};  // constant: no correlation
  data.scores.predictions[0][0] = kMissingScore;
  data.rankings = rank_axes(data.scores, data.test);
  data.results = evaluation::evaluation_json(evaluation::evaluate(data.scores, {}));
  const Json json = data_of(render_report(data));
  EXPECT_EQ(json["axes"][0]["clips"], 4);
  EXPECT_EQ(json["results"]["utterance"]["mos"]["srcc"], nullptr);
  EXPECT_EQ(json["axes"][0]["points"]["label"].size(), 4u);
}

TEST(Report, OneSystemAndNoClipAtAll) {
  const Json one = data_of(render_report(judged(3, 1)));
  EXPECT_EQ(one["axes"][0]["systems"].size(), 1u);
  ReportData none;
  none.scores.axes = {"mos"};
  none.scores.labels = {{kMissingScore}};
  none.scores.predictions = {{kMissingScore}};
  none.rankings = rank_axes(none.scores, {});
  EXPECT_EQ(data_of(render_report(none))["axes"][0]["clips"], 0);
}

TEST(Report, AHundredThousandClipsMakeAPageOfBoundedSize) {
  ReportData data = judged(100'000, 50);
  const std::string html = render_report(data);
  const Json axis = data_of(html)["axes"][0];
  EXPECT_EQ(axis["clips"], 100'000);
  EXPECT_EQ(axis["points"]["label"].size(), data.max_points);
  EXPECT_LT(html.size(), 1'000'000u);
  // The clips in the lists are among the drawn points.
  for (const Json& clip : axis["choice"]["surprising"])
    EXPECT_THAT(axis["points"]["key"], ::testing::Contains(clip["key"]));
}

TEST(Report, ScalesThatDoNotMeetAreSaidToBeTwo) {
  ReportData data = judged(20, 2);
  EXPECT_EQ(data_of(render_report(data))["axes"][0]["same_scale"], true);
  for (double& label : data.scores.labels[0]) label *= 20;
  data.rankings = rank_axes(data.scores, data.test);
  EXPECT_EQ(data_of(render_report(data))["axes"][0]["same_scale"], false);
}

TEST(Report, WhatDoesNotFitIsRefused) {
  ReportData data = judged(6, 2);
  data.tables = {{"t", "", {"a", "b"}, {{1.0}}}};
  EXPECT_THAT(testing::message_of<InvalidInput>([&] { render_report(data); }),
              HasSubstr("table 't', row 1: expected 2 cells, got 1"));
  data.tables.clear();
  data.rankings.emplace_back();
  EXPECT_THAT(testing::message_of<InvalidInput>([&] { render_report(data); }),
              HasSubstr("rankings: expected 1, one per axis, got 2"));
  data.rankings.pop_back();
  data.scores.keys.pop_back();
  EXPECT_THAT(testing::message_of<InvalidInput>([&] { render_report(data); }), HasSubstr("expected 6"));
}

}  // namespace
}  // namespace qamro::report
