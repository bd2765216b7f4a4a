#include "qamro/plotting/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "qamro/core/error.h"

namespace qamro::plotting {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(GnuplotText, LettersAndBlanksStay) {
  EXPECT_EQ(gnuplot_text("Beta z"), "\"Beta z\"");
  EXPECT_EQ(gnuplot_text(""), "\"\"");
}

TEST(GnuplotText, EverythingElseIsAnOctalEscape) {
  EXPECT_EQ(gnuplot_text("`id`"), R"("\140id\140")");
  EXPECT_EQ(gnuplot_text("a\"b"), R"("a\042b")");
  EXPECT_EQ(gnuplot_text("\\n@x'"), R"("\134n\100x\047")");
  EXPECT_EQ(gnuplot_text("(1"), R"("\050\061")") << "\\0501 would be another character";
  EXPECT_EQ(gnuplot_text("ä"), R"("\303\244")");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string script = gnuplot_text(std::string(1, static_cast<char>(byte)));
    const std::string inner = script.substr(1, script.size() - 2);
    EXPECT_EQ(inner.find_first_of("\"`'@$;!#{}\n\r"), std::string::npos) << byte;
  }
}

TEST(GnuplotText, IsTextThatXmlCanHold) {
  EXPECT_EQ(gnuplot_text(std::string("a\0b\x1b\n", 5)), "\"a b  \"");
  EXPECT_EQ(gnuplot_text("\xff"), R"("\357\277\275")");
  EXPECT_EQ(gnuplot_text("\xc0\x80"), R"("\357\277\275\357\277\275")") << "overlong";
  EXPECT_EQ(gnuplot_text("\xed\xa0\x80"), R"("\357\277\275\357\277\275\357\277\275")") << "surrogate";
  EXPECT_EQ(gnuplot_text("\xe2\x82"), R"("\357\277\275\357\277\275")") << "cut off";
  EXPECT_EQ(gnuplot_text("\xef\xbf\xbf"), "\" \"") << "U+FFFF";
  EXPECT_EQ(gnuplot_text("]]>"), R"("\135\135 \076")") << "ends a CDATA section";
}

TEST(GnuplotText, LongTextLosesItsEnd) {
  EXPECT_EQ(gnuplot_text(std::string(60, 'x')), '"' + std::string(60, 'x') + '"');
  EXPECT_EQ(gnuplot_text(std::string(61, 'x')), '"' + std::string(60, 'x') + R"(\342\200\246")");
}

Chart one_panel(std::vector<Point> points) {
  return {{{"title", "x", "y", {{"name", Style::kLine, Colour::kBlue, {std::move(points)}}}, {}}}};
}

TEST(GnuplotScript, NamesAndNumbers) {
  const std::string script = gnuplot_script(one_panel({{1, 2}, {2, std::nan("")}, {3, 1.0 / 3}}));
  EXPECT_THAT(script, HasSubstr("1 2 0 0\n2 NaN 0 0\n3 0.3333333333333333 0 0\n"));
  EXPECT_THAT(script, HasSubstr("title \"name\""));
}

TEST(GnuplotScript, ASeriesWithoutPointsIsLeftOut) {
  const double infinite = std::numeric_limits<double>::infinity();
  for (const auto& points : {std::vector<Point>{}, {{1, std::nan("")}}, {{1, infinite}}}) {
    const std::string script = gnuplot_script(one_panel(points));
    EXPECT_THAT(script, Not(HasSubstr("\"name\"")));
    EXPECT_THAT(script, HasSubstr("plot NaN notitle"));
  }
}

TEST(GnuplotScript, RefusesNothingToDraw) {
  EXPECT_THROW(gnuplot_script({}), InvalidInput);
  Chart chart = one_panel({{1, 1}});
  chart.columns = 0;
  EXPECT_THROW(gnuplot_script(chart), InvalidInput);
}

}  // namespace
}  // namespace qamro::plotting
