#include "qamro/metrics/system_means.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <unordered_map>

#include "qamro/core/error.h"

namespace qamro::metrics {

SystemMeans system_means(std::span<const std::string> system, std::span<const double> score,
                         std::optional<int> decimals) {
  if (system.size() != score.size())
    throw InvalidInput(fmt::format("system means: expected as many scores as systems ({}), got {}",
                                   system.size(), score.size()));
  SystemMeans result;
  std::unordered_map<std::string, std::size_t> position;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!std::isfinite(score[i]))
      throw InvalidInput(
          fmt::format("system means: expected finite scores, got {} of system '{}'", score[i], system[i]));
    const auto [found, is_new] = position.try_emplace(system[i], result.systems.size());
    if (is_new) {
      result.systems.push_back(system[i]);
      result.means.push_back(0);
      result.clips.push_back(0);
    }
    result.means[found->second] += score[i];
    ++result.clips[found->second];
  }
  for (std::size_t s = 0; s < result.means.size(); ++s) {
    result.means[s] /= static_cast<double>(result.clips[s]);
    if (decimals) result.means[s] = round_decimals(result.means[s], *decimals);
  }
  return result;
}

double round_decimals(double number, int decimals) {
  if (decimals < 0 || decimals > 15)
    throw InvalidInput(fmt::format("decimals: expected 0 to 15, got {}", decimals));
  return std::strtod(fmt::format("{:.{}f}", number, decimals).c_str(), nullptr);
}

}  // namespace qamro::metrics
