#include "qamro/data/ratings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "qamro/core/error.h"

namespace qamro::data {
namespace {

RatingTable table() {
  RatingTable result;
  result.file = "labels.csv";
  result.key_column = "path";
  result.axes = {"mos"};
  result.text_columns = {"path", "split"};
  for (const auto& [key, split] : {std::pair{"a", "test"}, {"b", "train"}, {"c", "test"}, {"d", ""}}) {
    RatingRow row;
    row.key = key;
    row.values = {1.0};
    row.texts = {key, split};
    result.rows.push_back(row);
  }
  return result;
}

TEST(RowsWhere, KeepsThoseRowsInTheirOrder) {
  const RatingTable test = rows_where(table(), {"split", "test"});
  ASSERT_EQ(test.rows.size(), 2U);
  EXPECT_EQ(test.rows[0].key, "a");
  EXPECT_EQ(test.rows[1].key, "c");
  EXPECT_EQ(rows_where(table(), {"split", ""}).rows.size(), 1U);
}

TEST(RowsWhere, SaysWhatThereIs) {
  try {
    rows_where(table(), {"split", "dev"});
    FAIL() << "nothing thrown";
  } catch (const InvalidInput& error) {
    EXPECT_THAT(error.what(),
                ::testing::HasSubstr("labels.csv: column 'split': expected a row with 'dev', got"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("'test', 'train'"));
  }
  EXPECT_THROW(rows_where(table(), {"domain", "speech"}), InvalidInput);
}

TEST(ParseCondition, TheFirstEqualsSignDivides) {
  const auto condition = parse_condition("split=test");
  ASSERT_TRUE(condition);
  EXPECT_EQ(condition->column, "split");
  EXPECT_EQ(condition->value, "test");
  ASSERT_TRUE(parse_condition("a=b=c"));
  EXPECT_EQ(parse_condition("a=b=c")->column, "a");
  EXPECT_EQ(parse_condition("a=b=c")->value, "b=c");
  ASSERT_TRUE(parse_condition("a="));
  EXPECT_EQ(parse_condition("a=")->value, "");
}

TEST(ParseCondition, NeedsAColumnAndASign) {
  for (const char* text : {"", "=", "=test", "split", "split test"})
    EXPECT_FALSE(parse_condition(text)) << "'" << text << "'";
}

}  // namespace
}  // namespace qamro::data
