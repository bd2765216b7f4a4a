#include "qamro/data/seen_clips.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::data {

bool is_in_training(const RatingTable& table, const RatingRow& row) {
  const auto column = table.find_text_column(kInTraining);
  return column && row.texts[*column] == "true";
}

void SeenClips::add(const std::string& system, bool in_training) {
  ++clips;
  seen += in_training ? 1 : 0;
  if (system.empty()) return;
  OfSystem& own = systems[system];
  ++own.clips;
  own.seen += in_training ? 1 : 0;
}

std::string SeenClips::describe(std::string_view what) const {
  if (seen == 0) return "";
  return fmt::format(
      "{} of {} clips are among those that the model was trained on: {} say nothing of new clips", seen,
      clips, what);
}

std::string SeenClips::describe_systems() const {
  std::vector<std::string> parts;
  const bool all =
      std::ranges::all_of(systems, [](const auto& one) { return one.second.seen == one.second.clips; });
  if (all && systems.size() > 1) return "trained on all clips of every system";
  for (const auto& [system, own] : systems)
    if (own.seen > 0)
      parts.push_back(
          fmt::format("{} of {}{} of {}", own.seen, own.clips, parts.empty() ? " clips" : "", system));
  return parts.empty() ? "" : "trained on " + first_names(parts);
}

}  // namespace qamro::data
