#include "qamro/scoring/system_verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace qamro::scoring {
namespace {

evaluation::GateCheck check_failures(const SystemScoreSets& system, std::size_t allowed) {
  evaluation::GateCheck check;
  check.outcome =
      system.failures.size() <= allowed ? evaluation::GateOutcome::kPass : evaluation::GateOutcome::kFail;
  check.what = fmt::format("{} of {} clips have no score", system.failures.size(), system.clips);
  return check;
}

}  // namespace

std::vector<evaluation::GateCheck> check_system(const SystemScoreSets& candidate,
                                                const SystemScoreSets* baseline,
                                                const GateConditions& conditions) {
  std::vector<evaluation::GateCheck> checks;
  for (const auto& [axis, minimum] : conditions.minima) {
    common_axes({&candidate}, {axis});  // throws, saying what is missing
    checks.push_back(evaluation::check_minimum(axis, candidate.axes.at(axis), minimum, conditions.gate));
  }
  if (baseline != nullptr) {
    std::vector<evaluation::GatePair> pairs;
    for (const std::string& axis : common_axes({&candidate, baseline}, conditions.axes))
      pairs.push_back({axis, candidate.axes.at(axis), baseline->axes.at(axis)});
    std::ranges::move(evaluation::check_not_worse(pairs, conditions.gate), std::back_inserter(checks));
  }
  if (!candidate.failures.empty()) checks.push_back(check_failures(candidate, conditions.allowed_failures));
  return checks;
}

evaluation::SystemVerdict judge_axis(const std::vector<SystemScoreSets>& systems, const std::string& axis,
                                     const statistics::MeanTestOptions& options,
                                     const evaluation::NoticeOptions& notice, int threads) {
  std::vector<evaluation::ComparedSystem> compared;
  compared.reserve(systems.size());
  for (const SystemScoreSets& system : systems) compared.push_back({system.name, system.axes.at(axis)});
  return evaluation::judge_systems(axis, compared, options, notice, threads);
}

}  // namespace qamro::scoring
