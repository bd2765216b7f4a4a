#include "qamro/data/rating_merge.h"

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
  const RatingTable test = rows_where(table(), "split", "test");
  ASSERT_EQ(test.rows.size(), 2U);
  EXPECT_EQ(test.rows[0].key, "a");
  EXPECT_EQ(test.rows[1].key, "c");
  EXPECT_EQ(rows_where(table(), "split", "").rows.size(), 1U);
}

TEST(RowsWhere, SaysWhatThereIs) {
  try {
    rows_where(table(), "split", "dev");
    FAIL() << "nothing thrown";
  } catch (const InvalidInput& error) {
    EXPECT_THAT(error.what(),
                ::testing::HasSubstr("labels.csv: column 'split': expected a row with 'dev', got"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("'test', 'train'"));
  }
  EXPECT_THROW(rows_where(table(), "domain", "speech"), InvalidInput);
}

}  // namespace
}  // namespace qamro::data
