#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "qamro/data/training_clips.h"
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

// {"clips": 27, "of": 48, "systems": {"a": {"clips": 24, "of": 24}, …}}
inline nlohmann::ordered_json seen_json(const data::SeenClips& seen) {
  nlohmann::ordered_json json = {{"clips", seen.seen}, {"of", seen.clips}};
  for (const auto& [system, own] : seen.systems)
    json["systems"][system] = {{"clips", own.seen}, {"of", own.clips}};
  return json;
}

}  // namespace qamro::evaluation
