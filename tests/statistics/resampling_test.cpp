#include "qamro/statistics/resampling.h"

#include <gtest/gtest.h>

#include "qamro/core/error.h"

namespace qamro::statistics {
namespace {

TEST(ResamplingChoice, Words) {
  EXPECT_EQ(parse_resampling("points").unit, ResamplingUnit::kPoints);
  EXPECT_EQ(parse_resampling("clips+raters").unit, ResamplingUnit::kClips);
  EXPECT_TRUE(parse_resampling("clips+raters").raters);
  EXPECT_EQ(parse_resampling("systems+clips").unit, ResamplingUnit::kSystemsAndClips);
  EXPECT_TRUE(parse_resampling("systems+clips+raters").raters);
  EXPECT_EQ(parse_resampling("raters").unit, ResamplingUnit::kNone);
  EXPECT_TRUE(parse_resampling("raters").raters);
  EXPECT_EQ(parse_resampling("sentence").group_column, "sentence");
  EXPECT_EQ(parse_resampling("sentence+raters").group_column, "sentence");
  EXPECT_THROW(parse_resampling("clips+systems"), InvalidInput);
  EXPECT_THROW(parse_resampling("+raters"), InvalidInput);
  EXPECT_THROW(parse_resampling(""), InvalidInput);
  EXPECT_EQ(drawn_units(ResamplingUnit::kSystemsAndClips, true, true),
            "systems and clips within systems and raters within clips");
}

}  // namespace
}  // namespace qamro::statistics
