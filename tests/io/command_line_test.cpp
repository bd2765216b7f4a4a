#include "qamro/io/command_line.h"

#include <gmock/gmock.h>

namespace qamro::io {
namespace {

TEST(Escaped, HasABackslashBeforeTheseCharacters) {
  EXPECT_EQ(escaped("a[b]:c\\", "[]\\"), "a\\[b\\]:c\\\\");
  EXPECT_EQ(escaped("", ":"), "");
}

TEST(QuotedWord, IsAlwaysQuoted) {
  EXPECT_EQ(quoted_word("a"), "'a'");
  EXPECT_EQ(quoted_word(""), "''");
  EXPECT_EQ(quoted_word("it's $HOME"), "'it'\\''s $HOME'");
}

TEST(ShellWord, QuotesOnlyWhatAShellWouldSplitOrChange) {
  EXPECT_EQ(shell_word("a/b-c_d.e=1:2,3+4@5%6"), "a/b-c_d.e=1:2,3+4@5%6");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("$HOME"), "'$HOME'");
  EXPECT_EQ(shell_word("~"), "'~'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("a\nb"), "'a\nb'");
}

TEST(ProcessCommandLine, BeginsWithTheNameOfTheProgramWithoutItsFolder) {
  EXPECT_THAT(process_command_line(), ::testing::MatchesRegex("io_test( .*)?"));
}

}  // namespace
}  // namespace qamro::io
