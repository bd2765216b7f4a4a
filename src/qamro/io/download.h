#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace qamro::io {

// One file that a server has.
struct Download {
  std::string url;
  std::filesystem::path target;                     // its folder is there
  std::optional<std::int64_t> bytes;                // that it shall have
  std::string sha256;                               // that it shall have; "" when not known
  std::int64_t most_bytes = std::int64_t{1} << 34;  // refused above, when `bytes` is not known
  std::string bearer_token;  // sent to the url's own origin, never to where that redirects
};

struct DownloadOptions {
  int attempts = 5;               // in a row that bring nothing
  double first_wait_seconds = 1;  // doubled after each
  int connect_seconds = 30;
  int stall_seconds = 60;
  int most_redirects = 10;

  // Throws InvalidInput.
  void validate() const;
};

// What a caller may show. Both may be empty.
struct DownloadObserver {
  // `total` once the server has told it.
  std::function<void(std::int64_t bytes, std::optional<std::int64_t> total)> progress;
  // Before waiting and trying again.
  std::function<void(const std::string& reason, double wait_seconds)> retrying;
};

// What the file's SHA-256 was compared with.
enum class HashSource { caller, server, nothing };

struct DownloadedFile {
  std::int64_t bytes = 0;
  std::string sha256;
  HashSource checked_against = HashSource::nothing;
  std::string revision;  // "x-repo-commit" of the server, or ""
};

// Fetches a file, which appears only when it is whole and right. What an earlier try has left is gone on
// with, if it is from the same address and the server says that the file is still the same (its strong ETag
// in If-Range), or the SHA-256 to come out is known; a server that sends the file from its start is listened
// to from there. Hugging Face's headers for large files, x-linked-etag (the SHA-256) and x-linked-size, are
// believed when they come from the url's own origin, and compared with what the caller knows.
//
// Tried again after a pause: no connection (once), a cut one, silence, 408, 425, 429 and 5xx (as long as
// Retry-After says, if less than a minute). Throws at once:
//   NetworkError     any other status; more than most_redirects, or one from https to http or to neither;
//                    a size other than expected; no more attempts
//   CheckpointError  another SHA-256 than expected: what came is removed
//   FileError        no space, no such folder, ...
DownloadedFile download(const Download& file, const DownloadOptions& options = {},
                        const DownloadObserver& observer = {});

}  // namespace qamro::io
