#include "qamro/statistics/significance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace qamro::statistics {
namespace {

struct Value {
  double t;
  double degrees;
  double p;
};

// scipy.stats.t, two-sided.
TEST(StudentT, PValuesAreScipys) {
  for (const Value& value : {Value{0.5, 1, 0.70483276469913347}, Value{2.0, 1, 0.29516723530086653},
                             Value{2.0, 2, 0.18350341907227397}, Value{2.045229642132703, 29, 0.05},
                             Value{1.3, 7, 0.23476783539237725}, Value{4.0, 10, 0.0025183326247366945},
                             Value{6.5, 40, 9.3760098114432257e-08}, Value{2.5, 999, 0.012578727584509217},
                             Value{3.2, 12.9, 0.0076325388008107948}})
    EXPECT_NEAR(student_t_p_value(value.t, value.degrees), value.p, 1e-13) << value.t << " " << value.degrees;
  EXPECT_NEAR(student_t_p_value(2.5, 1500), 0.012525402890109822, 1e-6);
  EXPECT_NEAR(student_t_p_value(0.1, 1e6), 0.92034434549204325, 1e-6);
}

TEST(StudentT, BothSidesAndTheEnds) {
  EXPECT_EQ(student_t_p_value(-2.0, 5), student_t_p_value(2.0, 5));
  EXPECT_EQ(student_t_p_value(0.0, 5), 1.0);
  EXPECT_EQ(student_t_p_value(std::numeric_limits<double>::infinity(), 5), 0.0);
  EXPECT_GE(student_t_p_value(1e6, 30), 0.0);
}

TEST(StudentT, QuantilesAreScipys) {
  EXPECT_NEAR(student_t_quantile(0.95, 1), 12.7062047362, 1e-9);
  EXPECT_NEAR(student_t_quantile(0.95, 4), 2.7764451052, 1e-9);
  EXPECT_NEAR(student_t_quantile(0.99, 29), 2.75638590367, 1e-9);
  EXPECT_NEAR(student_t_quantile(0.9, 5000), 1.6451584376, 1e-5);
}

}  // namespace
}  // namespace qamro::statistics
