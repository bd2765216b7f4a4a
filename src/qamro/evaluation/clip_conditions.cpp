#include "qamro/evaluation/clip_conditions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::evaluation {
namespace {

constexpr double kMaxLevelGapDb = 6.0;
constexpr double kMaxLengthRatio = 2.0;

// Of the numbers that are known; NaN if none is.
double median_of(std::vector<double> numbers) {
  std::erase_if(numbers, [](double number) { return std::isnan(number); });
  if (numbers.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(numbers);
  const std::size_t middle = numbers.size() / 2;
  if (numbers.size() % 2 == 1) return numbers[middle];
  return (numbers[middle - 1] + numbers[middle]) / 2;
}

template <typename Value>
std::vector<Value> distinct(std::vector<Value> values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// "16 kHz (a, b), 32 kHz (c)" if the systems do not all have the same values.
template <typename Text>
std::string by_value(std::span<const SystemConditions> systems, std::vector<int> SystemConditions::*values,
                     const Text& text) {
  std::map<std::vector<int>, std::vector<std::string>> names;
  for (const SystemConditions& system : systems)
    if (!(system.*values).empty()) names[system.*values].push_back(system.system);
  if (names.size() < 2) return "";
  std::vector<std::string> groups;
  groups.reserve(names.size());
  for (const auto& [of_group, in_group] : names)
    groups.push_back(fmt::format("{} ({})", text(of_group), first_names(in_group)));
  return fmt::format("{}", fmt::join(groups, ", "));
}

std::string rates_text(const std::vector<int>& rates_hz) {
  std::vector<std::string> texts;
  texts.reserve(rates_hz.size());
  for (const int rate : rates_hz) texts.push_back(fmt::format("{:g}", rate / 1000.0));
  return fmt::format("{} kHz", fmt::join(texts, " and "));
}

// The systems with the lowest and the highest of a known number.
std::optional<std::pair<const SystemConditions*, const SystemConditions*>> extremes(
    std::span<const SystemConditions> systems, double SystemConditions::*number) {
  const SystemConditions* low = nullptr;
  const SystemConditions* high = nullptr;
  for (const SystemConditions& system : systems) {
    if (std::isnan(system.*number)) continue;
    if (low == nullptr || system.*number < low->*number) low = &system;
    if (high == nullptr || system.*number > high->*number) high = &system;
  }
  if (low == high) return std::nullopt;  // all equal, or none known
  return std::pair(low, high);
}

std::string loudness_text(const SystemConditions& system) {
  return std::isinf(system.level_db) ? system.system + " silent"
                                     : fmt::format("{} {:.1f} dB", system.system, system.level_db);
}

}  // namespace

void FamiliarityCounts::add(const std::optional<double>& familiarity) {
  if (!familiarity) return;
  ++known;
  if (*familiarity < kFar)
    ++far;
  else if (*familiarity < kFamiliar)
    ++a_little_unlike;
}

FamiliarityCounts& FamiliarityCounts::operator+=(const FamiliarityCounts& other) {
  known += other.known;
  a_little_unlike += other.a_little_unlike;
  far += other.far;
  return *this;
}

SystemConditions summarise_conditions(std::string system, std::span<const ClipConditions> clips) {
  SystemConditions summary;
  summary.system = std::move(system);
  summary.clips = clips.size();
  std::vector<double> levels;
  std::vector<double> durations;
  for (const ClipConditions& clip : clips) {
    summary.familiarity.add(clip.familiarity);
    if (clip.sample_rate_hz > 0) summary.sample_rates_hz.push_back(clip.sample_rate_hz);
    if (clip.channels > 0) summary.channels.push_back(clip.channels);
    levels.push_back(clip.level_db);
    durations.push_back(clip.duration_seconds);
  }
  summary.sample_rates_hz = distinct(std::move(summary.sample_rates_hz));
  summary.channels = distinct(std::move(summary.channels));
  summary.level_db = median_of(std::move(levels));
  summary.duration_seconds = median_of(std::move(durations));
  return summary;
}

FamiliarityCounts total_familiarity(std::span<const SystemConditions> systems) {
  FamiliarityCounts total;
  for (const SystemConditions& system : systems) total += system.familiarity;
  return total;
}

std::vector<std::string> differing_conditions(std::span<const SystemConditions> systems) {
  std::vector<std::string> phrases;
  if (const auto rates = by_value(systems, &SystemConditions::sample_rates_hz, rates_text); !rates.empty())
    phrases.push_back("sample rate: " + rates);
  const auto channels = by_value(systems, &SystemConditions::channels, [](const std::vector<int>& counts) {
    return fmt::format("{}", fmt::join(counts, " and "));
  });
  if (!channels.empty()) phrases.push_back("channels: " + channels);
  if (const auto level = extremes(systems, &SystemConditions::level_db))
    if (level->second->level_db - level->first->level_db > kMaxLevelGapDb)
      phrases.push_back(fmt::format("median level: from {} to {}", loudness_text(*level->first),
                                    loudness_text(*level->second)));
  if (const auto length = extremes(systems, &SystemConditions::duration_seconds))
    if (length->second->duration_seconds > kMaxLengthRatio * length->first->duration_seconds)
      phrases.push_back(fmt::format("median length: from {} {:.1f} s to {} {:.1f} s", length->first->system,
                                    length->first->duration_seconds, length->second->system,
                                    length->second->duration_seconds));
  return phrases;
}

}  // namespace qamro::evaluation
