#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "qamro/data/ratings.h"

namespace qamro::data {

// The key of a row of scores, true if the model was trained on its clip; other rows don't have it.
inline constexpr const char* kInTraining = "in_training";
bool is_in_training(const RatingTable& table, const RatingRow& row);

// How many of some clips the model that scored them was trained on.
struct SeenClips {
  std::size_t clips = 0;
  std::size_t seen = 0;
  struct OfSystem {
    std::size_t clips = 0;
    std::size_t seen = 0;
  };
  std::map<std::string, OfSystem> systems;  // by name

  // system: "" if it has none.
  void add(const std::string& system, bool in_training);
  // "27 of 48 clips are among those that the model was trained on: WHAT say nothing of new clips"; "" if none
  // is.
  std::string describe(std::string_view what = "their scores") const;
  // "trained on 24 of 24 clips of a, 3 of 24 of b", without systems of which none was; "trained on all clips
  // of every system"; "" if there is none.
  std::string describe_systems() const;
};

}  // namespace qamro::data
