#include "qamro/evaluation/output/conditions_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace qamro::evaluation {
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
