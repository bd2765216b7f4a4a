#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "qamro/statistics/bootstrap.h"

namespace qamro::evaluation {

// The number, or null.
inline nlohmann::ordered_json optional_json(const std::optional<double>& number) {
  return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json(nullptr);
}

// [low, high], or null.
inline nlohmann::ordered_json interval_json(const std::optional<statistics::Interval>& interval) {
  return interval ? nlohmann::ordered_json::array({interval->low, interval->high})
                  : nlohmann::ordered_json(nullptr);
}

}  // namespace qamro::evaluation
