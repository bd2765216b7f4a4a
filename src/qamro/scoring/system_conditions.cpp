#include "qamro/scoring/system_conditions.h"

#include <climits>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "qamro/data/rating_cell.h"

namespace qamro::scoring {
namespace {

// A cell of a row of scores; NaN if the file has no such column, or the cell holds no number.
double number_in(const data::RatingTable& table, const data::RatingRow& row, std::string_view column) {
  const auto place = table.find_text_column(column);
  const auto number = place ? data::parse_number(row.texts[*place]) : std::nullopt;
  return number.value_or(std::numeric_limits<double>::quiet_NaN());
}

int count_in(const data::RatingTable& table, const data::RatingRow& row, std::string_view column) {
  const double number = number_in(table, row, column);
  return number >= 1 && number <= INT_MAX ? static_cast<int>(number) : 0;
}

}  // namespace

evaluation::ClipConditions conditions_of(const ClipScores& scores) {
  return {scores.familiarity, scores.sound.sample_rate_hz, scores.sound.channels, scores.sound.level_db,
          scores.duration_seconds};
}

evaluation::ClipConditions conditions_of(const data::RatingTable& table, const data::RatingRow& row) {
  evaluation::ClipConditions conditions;
  const double familiarity = number_in(table, row, "familiarity");
  if (familiarity >= 0 && familiarity <= 1) conditions.familiarity = familiarity;
  conditions.sample_rate_hz = count_in(table, row, "sample_rate_hz");
  conditions.channels = count_in(table, row, "channels");
  conditions.duration_seconds = number_in(table, row, "duration_seconds");
  conditions.level_db = number_in(table, row, "level_db");
  const bool has_level = table.find_text_column("level_db").has_value() && conditions.sample_rate_hz > 0;
  // Rows cannot hold minus infinity, the level of silence.
  if (has_level && std::isnan(conditions.level_db))
    conditions.level_db = -std::numeric_limits<double>::infinity();
  return conditions;
}

void add_to_conditions(ConditionsBySystem& conditions, const ClipScores& scores) {
  if (scores.clip.system && scores.has_scores())
    conditions[*scores.clip.system].push_back(conditions_of(scores));
}

std::vector<evaluation::SystemConditions> summarise_conditions(const ConditionsBySystem& conditions) {
  std::vector<evaluation::SystemConditions> systems;
  for (const auto& [system, clips] : conditions)
    systems.push_back(evaluation::summarise_conditions(system, clips));
  return systems;
}

std::vector<evaluation::SystemConditions> summarise_conditions(
    const std::vector<const SystemScoreSets*>& systems) {
  std::vector<evaluation::SystemConditions> all;
  all.reserve(systems.size());
  for (const SystemScoreSets* system : systems)
    all.push_back(evaluation::summarise_conditions(system->name, system->conditions));
  return all;
}

}  // namespace qamro::scoring
