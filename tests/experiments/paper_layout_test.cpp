#include "qamro/experiments/paper_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace qamro::experiments {
namespace {

using ::testing::HasSubstr;

AblationRow row(const std::string& name, double srcc, bool has_systems = true) {
  AblationRow row;
  row.model.model = name;
  row.model.utterance.emplace().n = 100;
  if (!has_systems) {
    row.model.utterance->metrics[metrics::Metric::srcc].metric.value = srcc;
    return row;
  }
  auto& level = row.model.system.emplace();
  level.n = 36;
  level.metrics[metrics::Metric::srcc].metric.value = srcc;
  level.metrics[metrics::Metric::srcc].bootstrap.interval = {srcc - 0.1, srcc + 0.1};
  return row;
}

std::vector<AblationScope> scopes(bool has_systems = true) {
  std::vector<AblationScope> result;
  for (const char* axis : {"PQ", "PC", "CE", "CU"})
    result.push_back(
        {axis, kAllClips, {row(kQamro, 0.75, has_systems), row("look-up", 0.5, has_systems)}, {}});
  return result;
}

TEST(PaperLayout, OursStandsBelowThePapersAndOtherRowsBehind) {
  const PaperLayout layout = lay_out(table_2(), scopes());
  EXPECT_EQ(layout.level, "system");
  EXPECT_EQ(layout.n, (std::vector<std::size_t>{36, 36, 36, 36}));
  std::vector<std::string> names;
  for (const LaidOutRow& one : layout.rows) names.push_back(one.model);
  EXPECT_EQ(names,
            (std::vector<std::string>{"Audiobox-Aesthetics", "QAMRO", kQamro, "w/o quality-aware weighting",
                                      "w/o adaptive margin", "look-up"}));
  EXPECT_TRUE(layout.rows[1].is_paper);
  EXPECT_EQ(layout.rows[1].cells[0][0].value, 0.883);
  EXPECT_EQ(layout.rows[2].cells[3][0].value, 0.75);
  std::ostringstream markdown, csv;
  write_markdown(markdown, layout);
  EXPECT_THAT(markdown.str(), HasSubstr("| .750 [.65 .85] | .750 [.65 .85] |"));
  EXPECT_THAT(markdown.str(), HasSubstr("| QAMRO (paper) | .883 | .942 | .869 | .852 |"));
  write_csv(csv, layout);
  EXPECT_THAT(csv.str(), HasSubstr("QAMRO,paper,system,PQ,srcc,0.883,,\n"));
  EXPECT_THAT(csv.str(), HasSubstr("look-up,ours,system,CU,srcc,0.5,0.4,0.6\n"));
  EXPECT_EQ(layout_json(layout)["rows"][5]["CE"]["srcc"], 0.5);
}

TEST(PaperLayout, TheReleasedModelStandsAboveTheTrainedRegression) {
  auto all = scopes();
  for (AblationScope& scope : all) {
    scope.table.push_back(row(kRegressionOnly, 0.6));
    scope.table.push_back(row("audiobox-aesthetics as it is", 0.7));
  }
  PaperLayout layout = lay_out(table_2(), all);
  ASSERT_EQ(layout.rows.size(), 8U);
  EXPECT_EQ(layout.rows[0].model, "Audiobox-Aesthetics");
  EXPECT_EQ(layout.rows[1].model, "audiobox-aesthetics as it is");
  EXPECT_EQ(layout.rows[1].cells[2][0].value, 0.7);
  EXPECT_EQ(layout.rows[2].model, kRegressionOnly);
  EXPECT_EQ(layout.rows.back().model, "look-up");
  layout.notes = {"a * b"};
  std::ostringstream markdown;
  write_markdown(markdown, layout);
  EXPECT_THAT(markdown.str(), HasSubstr("Note: a \\* b.\n"));
  EXPECT_THAT(render(layout), HasSubstr("Note: a * b.\n"));
  EXPECT_EQ(layout_json(layout)["notes"][0], "a * b");
}

TEST(PaperLayout, UtterancesWhereSystemsAreNotKnown) {
  const PaperLayout layout = lay_out(table_2(), scopes(false));
  EXPECT_EQ(layout.level, "utterance");
  EXPECT_EQ(layout.n.front(), 100U);
  EXPECT_EQ(layout.rows[2].cells[0][0].value, 0.75);
  EXPECT_FALSE(layout.rows[2].cells[0][0].interval);
}

TEST(PaperLayout, AnUndefinedNumberIsNone) {
  auto with_gap = scopes();
  with_gap[1].table[0].model.system->metrics[metrics::Metric::srcc].metric.value.reset();
  with_gap[1].table[0].model.system->metrics[metrics::Metric::srcc].bootstrap.interval.reset();
  const PaperLayout layout = lay_out(table_2(), with_gap);
  EXPECT_TRUE(layout_json(layout)["rows"][2]["PC"]["srcc"].is_null());
  EXPECT_THAT(render(layout), HasSubstr("–"));
}

TEST(PaperTables, AreThePapers) {
  for (const PaperTable* table : {&table_1(), &table_2()})
    for (const PaperRow& one : table->rows) {
      ASSERT_EQ(one.value.size(), table->axes.size());
      for (const auto& axis : one.value) EXPECT_EQ(axis.size(), table->metrics.size());
    }
  EXPECT_EQ(table_1().rows[1].value[0], (std::vector<double>{.139, .961, .972, .876}));
}

}  // namespace
}  // namespace qamro::experiments
