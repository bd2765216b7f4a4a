#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/report/report.h"

namespace qamro::report {

// Numbers of clips worth hearing; the best, worst or most surprising first.
struct ClipChoice {
  std::vector<std::size_t> best;   // by prediction
  std::vector<std::size_t> worst;  // by prediction; none that is among the best
  // With labels: the clips whose places by label and by prediction are furthest apart, which works on any
  // scales. Without labels: the clips furthest from the mean prediction of their system. Clips without any
  // distance are left out.
  std::vector<std::size_t> surprising;
};

// Chooses at most `count` clips per list, from the clips with a prediction (and, if any clip has a label, a
// label); among equal clips, the first. labels: as many as predictions; NaN: no label. systems: a number per
// clip; empty: one system.
ClipChoice choose_clips(std::span<const double> labels, std::span<const double> predictions,
                        std::span<const std::size_t> systems, std::size_t count);

// Chooses at most `max_size` of the given clips and keeps their order: first the `wanted` ones, then random
// ones (always the same).
std::vector<std::size_t> sample_clips(std::span<const std::size_t> clips, std::span<const std::size_t> wanted,
                                      std::size_t max_size);

// What an <audio> element plays: a relative link or a data: URL.
class AudioSources {
 public:
  explicit AudioSources(const AudioOptions& options) : options_(options) {}

  // The source of the clip with this key; absent if the key names no readable sound file (see AudioOptions).
  std::optional<std::string> source(const std::string& key);
  // Number of files that were linked because they no longer fitted into max_bytes.
  std::size_t too_large() const { return too_large_; }

 private:
  const AudioOptions& options_;
  std::uint64_t embedded_ = 0;
  std::size_t too_large_ = 0;
};

// The MIME type of a file that begins with these bytes; absent if it is not a sound file that browsers play.
// A table of predictions may name any file, and a report must not carry /etc/passwd away.
std::optional<std::string> sound_type(std::string_view first_bytes);

}  // namespace qamro::report
