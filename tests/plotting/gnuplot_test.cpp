#include "qamro/plotting/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace qamro::plotting {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class WriteSvg : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = std::getenv("PATH");
  }
  void TearDown() override {
    setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }
  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // Sets PATH to a folder with a program of that name.
  void stand_in(const std::string& script) {
    std::ofstream(folder_ / "gnuplot") << "#!/bin/sh\n" << script;
    std::filesystem::permissions(folder_ / "gnuplot", std::filesystem::perms::owner_all);
    setenv("PATH", folder_.c_str(), 1);
  }
  std::string message() {
    try {
      write_svg(chart_, folder_ / "a.svg");
    } catch (const PlotError& error) {
      return error.what();
    }
    return "drawn";
  }

  // ctest runs the tests side by side, each in its own process.
  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("qamro_gnuplot_test_" + std::to_string(::getpid()));
  std::string path_;
  Chart chart_ = {
      {{"a title (1)", "x", "y", {{"a name", Style::kLine, Colour::kBlue, {{{1, 2}, {2, 3}}}}}, {}}}};
};

class WriteSvgWithGnuplot : public WriteSvg {
 protected:
  void SetUp() override {
    WriteSvg::SetUp();
    if (std::system("command -v gnuplot >/dev/null") != 0) GTEST_SKIP() << "gnuplot is not installed";
  }
};

TEST_F(WriteSvgWithGnuplot, DrawsEveryStyleAndNothing) {
  for (const Style style :
       {Style::kFaintLines, Style::kLine, Style::kIntervals, Style::kDashed, Style::kMarks})
    chart_.panels.push_back({"", "", "", {{"style", style, Colour::kGreen, {{{1, 2, 1, 3}}, {}}}}, {1, 2}});
  chart_.panels.push_back({"nothing", "", "", {}, {}});
  chart_.panels.push_back({"flat", "", "", {{"", Style::kLine, Colour::kBlack, {{{1, 0}, {2, 0}}}}}, {}});
  write_svg(chart_, folder_ / "a.svg");
  const std::string svg = read(folder_ / "a.svg");
  EXPECT_THAT(svg, StartsWith("<?xml"));
  EXPECT_THAT(svg, HasSubstr("a title (1)"));
  EXPECT_THAT(svg, HasSubstr("nothing"));
  EXPECT_THAT(svg, HasSubstr("</svg>"));
}

TEST_F(WriteSvgWithGnuplot, NamesAreNoCommands) {
  const std::string proof = (folder_ / "proof").string();
  for (const std::string& name :
       {"`touch " + proof + "`", "\"; system(\"touch " + proof + "\"); x=\"", "';!touch " + proof + "\n'",
        "\n!touch " + proof + "\n", "@x \\\"`touch " + proof + "`", "EOD\n!touch " + proof}) {
    chart_.panels[0].title = chart_.panels[0].x_label = chart_.panels[0].y_label = name;
    chart_.panels[0].series[0].name = name;
    write_svg(chart_, folder_ / "a.svg");
    EXPECT_FALSE(std::filesystem::exists(proof)) << name;
  }
}

TEST_F(WriteSvgWithGnuplot, StartUpFilesChangeNothing) {
  write_svg(chart_, folder_ / "a.svg");
  std::ofstream(folder_ / ".gnuplot") << "exit status 3\n";
  const std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  setenv("HOME", folder_.c_str(), 1);
  write_svg(chart_, folder_ / "b.svg");
  setenv("HOME", home.c_str(), 1);
  EXPECT_EQ(read(folder_ / "a.svg"), read(folder_ / "b.svg"));
}

TEST_F(WriteSvg, MissingProgramIsToldWithThePathAndTheRemedy) {
  setenv("PATH", folder_.c_str(), 1);
  EXPECT_THAT(message(), StartsWith((folder_ / "a.svg").string()));
  EXPECT_THAT(message(), HasSubstr("apt install gnuplot-nox"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.svg"));
}

TEST_F(WriteSvg, AFailureLeavesTheOldPicture) {
  std::ofstream(folder_ / "a.svg") << "old";
  stand_in("echo 'out of ink' >&2; exit 2\n");
  EXPECT_THAT(message(), HasSubstr("exit status 2: out of ink"));
  stand_in("echo '<svg>'\n");  // cut off, although the exit status is 0
  EXPECT_THAT(message(), HasSubstr("gnuplot failed"));
  stand_in("kill -9 $$\n");
  EXPECT_THAT(message(), HasSubstr("exit status -1"));
  EXPECT_EQ(read(folder_ / "a.svg"), "old");
}

TEST_F(WriteSvg, ManyNumbersAndMuchOutputDoNotBlock) {
  stand_in("while read -r x; do echo \"$x\"; done; while read -r x; do :; done; echo '</svg>'\n");
  for (int i = 0; i < 100'000; ++i)
    chart_.panels[0].series[0].lines[0].push_back({static_cast<double>(i), 0.5});
  EXPECT_EQ(message(), "drawn");
}

}  // namespace
}  // namespace qamro::plotting
