#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "qamro/io/http.h"

namespace qamro::io {

// What a downloader makes of an answer.

// Another try is worthwhile, after `wait_seconds` if the server has said how long.
struct TryAgain {
  std::string reason;
  std::optional<double> wait_seconds;
  bool unreachable = false;
};

// The part on disk does not match the file on the server: start again without it.
struct StartOver {
  std::string reason;
};

// A status other than a file's. Throws TryAgain, or NetworkError if another try would not help.
[[noreturn]] void refuse_status(const HttpResponse& response);

// The range of a partial response; nothing if it has none that can be read. Throws NetworkError for one that
// contradicts itself or the response's content-length.
std::optional<ContentRange> range_of(const HttpResponse& response);

// Throws NetworkError unless a whole file comes without compression.
void expect_plain_bytes(const HttpResponse& response);

bool is_html(const HttpResponse& response);
bool is_chunked(const HttpResponse& response);

// Throws FileError if the target's file system has less room than that. Does nothing if it does not say.
void expect_space(const std::filesystem::path& target, std::int64_t bytes);

}  // namespace qamro::io
