#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/metrics/correlation.h"

namespace qamro::metrics {
namespace {

// tests/golden/metrics.json, written by tools/golden/metrics.py with scipy.stats.
TEST(GoldenMetrics, EqualScipyWithin1e12) {
  std::ifstream file(QAMRO_TEST_DIR "/golden/metrics.json");
  ASSERT_TRUE(file) << "tests/golden/metrics.json";
  const nlohmann::json golden = nlohmann::json::parse(file);
  ASSERT_GE(golden.at("cases").size(), 20U);
  for (const auto& entry : golden.at("cases")) {
    const auto x = entry.at("prediction").get<std::vector<double>>();
    const auto y = entry.at("label").get<std::vector<double>>();
    const auto expect = [&](const char* name, const MetricValue& got) {
      const auto& want = entry.at(name);
      EXPECT_EQ(got.value.has_value(), !want.is_null())
          << entry.at("name") << " " << name << ": " << got.reason;
      if (got.value && !want.is_null()) {
        const double number = want.get<double>();
        EXPECT_LE(std::abs(*got.value - number), 1e-12 * std::max(1.0, std::abs(number)))
            << entry.at("name") << " " << name;
      }
    };
    expect("mse", mse(x, y));
    expect("lcc", lcc(x, y));
    expect("srcc", srcc(x, y));
    expect("ktau", ktau(x, y));
  }
}

}  // namespace
}  // namespace qamro::metrics
