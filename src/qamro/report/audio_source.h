#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "qamro/report/report.h"

namespace qamro::report {

// What an <audio> element plays: a relative link or a data: URL.
class AudioSources {
 public:
  explicit AudioSources(const AudioOptions& options) : options_(options) {}

  // Of the clip with this key; none where it names no sound file that can be read (see AudioOptions).
  std::optional<std::string> source(const std::string& key);
  // Files that were linked since they did not fit into most_bytes any more.
  std::size_t too_large() const { return too_large_; }

 private:
  const AudioOptions& options_;
  std::uint64_t embedded_ = 0;
  std::size_t too_large_ = 0;
};

// The MIME type of a file that begins with these bytes; none where they are of no sound file that browsers
// play. A table of predictions may name any file, and no report shall carry /etc/passwd away.
std::optional<std::string> sound_type(std::string_view first_bytes);

}  // namespace qamro::report
