#include "qamro/evaluation/output/conditions_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "qamro/evaluation/output/text_table.h"

namespace qamro::evaluation {
namespace {

// "12 of 30", or nothing for none.
std::string share_text(std::size_t count, std::size_t known) {
  return count == 0 ? "" : fmt::format("{} of {}", count, known);
}

void add_counts(TextTable& table, const std::string& name, const FamiliarityCounts& counts) {
  table.add_row(
      {name, share_text(counts.far, counts.known), share_text(counts.a_little_unlike, counts.known)});
}

std::string unfamiliar_table(std::span<const SystemConditions> systems) {
  const FamiliarityCounts total = total_familiarity(systems);
  if (!total.any()) return "";
  TextTable table(
      {{"clips unlike the speech of the model", Align::kLeft, 40}, {"far from it"}, {"a little unlike"}});
  for (const SystemConditions& system : systems)
    if (system.familiarity.any()) add_counts(table, system.system, system.familiarity);
  if (systems.size() > 1) add_counts(table, "all systems", total);
  return table.str() + "Scores of clips far from the speech that the model was fitted on are guesses.\n\n";
}

}  // namespace

std::string unfamiliar_text(const FamiliarityCounts& counts) {
  std::vector<std::string> parts;
  if (counts.far > 0) parts.push_back(fmt::format("{} far from the speech it was fitted on", counts.far));
  if (counts.a_little_unlike > 0)
    parts.push_back(fmt::format("{} a little unlike {}", counts.a_little_unlike,
                                counts.far > 0 ? "it" : "the speech it was fitted on"));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string render_conditions(std::span<const SystemConditions> systems) {
  std::string text = unfamiliar_table(systems);
  const std::vector<std::string> phrases = differing_conditions(systems);
  if (phrases.empty()) return text;
  text += "Not the same for all systems, which alone moves scores:\n";
  for (const std::string& phrase : phrases) text += fmt::format("  {}\n", phrase);
  return text + "\n";
}

std::string conditions_line(std::span<const SystemConditions> systems) {
  std::vector<std::string> parts;
  for (const SystemConditions& system : systems) {
    const FamiliarityCounts& counts = system.familiarity;
    if (counts.far > 0)
      parts.push_back(fmt::format("{} of {} clips of {} are far from the speech that the model was fitted on",
                                  counts.far, counts.known, system.system));
    if (counts.a_little_unlike > 0)
      parts.push_back(
          fmt::format("{} of {} clips of {} are a little unlike the speech that the model was fitted on",
                      counts.a_little_unlike, counts.known, system.system));
  }
  for (const std::string& phrase : differing_conditions(systems)) parts.push_back("not the same " + phrase);
  return fmt::format("{}", fmt::join(parts, "; "));
}

namespace {

using Json = nlohmann::ordered_json;

Json finite_json(double number) {
  return std::isfinite(number) ? Json(number) : Json(nullptr);
}

}  // namespace

Json familiarity_json(const FamiliarityCounts& counts) {
  return {{"known", counts.known}, {"a_little_unlike", counts.a_little_unlike}, {"far", counts.far}};
}

Json conditions_json(std::span<const SystemConditions> systems) {
  Json json = {{"systems", Json::array()},
               {"familiarity", familiarity_json(total_familiarity(systems))},
               {"differing", differing_conditions(systems)}};
  for (const SystemConditions& system : systems)
    json["systems"].push_back({{"system", system.system},
                               {"clips", system.clips},
                               {"familiarity", familiarity_json(system.familiarity)},
                               {"sample_rates_hz", system.sample_rates_hz},
                               {"channels", system.channels},
                               {"level_db", finite_json(system.level_db)},
                               {"duration_seconds", finite_json(system.duration_seconds)}});
  return json;
}

}  // namespace qamro::evaluation
