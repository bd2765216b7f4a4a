#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qamro::evaluation {

// What a clip's score depends on apart from what made the clip. Unknown values are empty, 0 or NaN.
struct ClipConditions {
  std::optional<double> familiarity = std::nullopt;  // 0 to 1, see docs/models.md
  int sample_rate_hz = 0;                            // the file's own
  int channels = 0;
  double level_db = std::numeric_limits<double>::quiet_NaN();  // minus infinity for digital silence
  double duration_seconds = std::numeric_limits<double>::quiet_NaN();
};

// Grades of familiarity (docs/models.md): from kFamiliar on, a clip is like the audio that its model was
// fitted on; from kFar on, a little unlike it; below, far from it.
inline constexpr double kFamiliar = 0.5;
inline constexpr double kFar = 0.1;

struct FamiliarityCounts {
  std::size_t known = 0;            // clips with a familiarity
  std::size_t a_little_unlike = 0;  // of these
  std::size_t far = 0;              // of these

  void add(const std::optional<double>& familiarity);
  FamiliarityCounts& operator+=(const FamiliarityCounts& other);
  bool any() const { return a_little_unlike + far > 0; }
  bool operator==(const FamiliarityCounts&) const = default;
};

// One system's clips.
struct SystemConditions {
  std::string system;
  std::size_t clips = 0;
  FamiliarityCounts familiarity;
  std::vector<int> sample_rates_hz;  // those that occur, ascending; empty: not known
  std::vector<int> channels;         // the same
  double level_db = std::numeric_limits<double>::quiet_NaN();          // median; NaN: not known
  double duration_seconds = std::numeric_limits<double>::quiet_NaN();  // median; NaN: not known
};

SystemConditions summarise_conditions(std::string system, std::span<const ClipConditions> clips);

// Of all systems together.
FamiliarityCounts total_familiarity(std::span<const SystemConditions> systems);

// What alone moves scores and is not the same for all systems, a phrase each that names systems: "sample
// rate: 16 kHz (a, b), 32 kHz (c)", channels, median levels more than 6 dB apart, median lengths of which one
// is more than twice another. Empty for fewer than two systems, and for what is not known.
std::vector<std::string> differing_conditions(std::span<const SystemConditions> systems);

}  // namespace qamro::evaluation
