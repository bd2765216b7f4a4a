#include "qamro/core/error.h"

#include <gtest/gtest.h>

namespace qamro {
namespace {

TEST(FirstNames, SaysWhenThereAreMoreThanFive) {
  EXPECT_EQ(first_names({}), "");
  EXPECT_EQ(first_names({"a"}), "a");
  EXPECT_EQ(first_names({"a", "b", "c", "d", "e"}), "a, b, c, d, e");
  EXPECT_EQ(first_names({"a", "b", "c", "d", "e", "f"}), "a, b, c, d, e, ...");
  EXPECT_EQ(first_names({"a", "b", "c", "d", "e", "f", "g"}, "; "), "a; b; c; d; e; ...");
}

TEST(FirstNames, KeepsEmptyOnes) {
  EXPECT_EQ(first_names({"", "", "b"}), ", , b");
}

}  // namespace
}  // namespace qamro
