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
