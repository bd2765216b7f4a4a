#include "qamro/core/enum_names.h"

#include <gtest/gtest.h>

namespace qamro {
namespace {

enum class Colour { kRed, kBlue, kNameless };
constexpr auto enum_names(Colour) {
  return names_table<Colour>({{Colour::kBlue, "blue"}, {Colour::kRed, "red"}});
}
enum class Untold { kOne };

static_assert(NamedEnum<Colour> && !NamedEnum<Untold> && !NamedEnum<int>);
static_assert(name_of(Colour::kRed) == "red");

TEST(EnumNames, GoBothWays) {
  EXPECT_EQ(name_of(Colour::kBlue), "blue");
  EXPECT_EQ(value_named<Colour>("blue"), Colour::kBlue);
  EXPECT_EQ(value_named<Colour>("red"), Colour::kRed);
  EXPECT_EQ(value_named<Colour>("Red"), std::nullopt);
  EXPECT_EQ(value_named<Colour>(""), std::nullopt);
}

TEST(EnumNames, AreListedInTheOrderOfTheTable) {
  EXPECT_EQ(list_of_names<Colour>(), "blue, red");
}

TEST(EnumNames, RefuseAValueOutsideTheTable) {
  EXPECT_THROW(static_cast<void>(name_of(Colour::kNameless)), std::out_of_range);
}

}  // namespace
}  // namespace qamro
