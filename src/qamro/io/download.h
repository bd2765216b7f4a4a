#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace qamro::io {

// One file on a server.
struct Download {
  std::string url;
  std::filesystem::path target;  // its folder must exist; its name says what bytes to expect (content_kind.h)
  std::optional<std::int64_t> bytes;               // its expected size
  std::string sha256;                              // its expected hash; "" if not known
  std::int64_t max_bytes = std::int64_t{1} << 34;  // limit if `bytes` is not known
  std::string bearer_token;  // sent only to the url's own origin, not to others that it redirects to
};

struct DownloadOptions {
  int attempts = 5;  // failures in a row before giving up; an attempt that brings 1 MiB restarts the count
  double first_wait_seconds = 1;  // doubled after each failure, up to 60 s
  int connect_seconds = 30;
  int stall_seconds = 60;  // after that long below the minimum rate, a connection counts as lost
  int min_bytes_per_second = 1000;
  int max_redirects = 10;

  // Throws InvalidInput.
  void validate() const;
};

// Callbacks that show progress. Both may be empty.
struct DownloadObserver {
  // `total` is empty until it is known.
  std::function<void(std::int64_t bytes, std::optional<std::int64_t> total)> progress;
  // Called before waiting and trying again.
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

// Fetches a file, which appears only when it is complete and correct. Continues what an earlier try has left
// if that came from the same address and either the server confirms that the file is unchanged (its strong
// ETag in If-Range) or the resulting SHA-256 is known; if the server sends the file from its start, the
// download starts again. Hugging Face's headers for large files, x-linked-etag (the SHA-256) and
// x-linked-size, are trusted if they come from the url's own origin, and compared with what the caller knows.
//
// What comes must be of the kind that the target's name says. An empty body or a web page (a login, a captive
// portal) is refused, with the page's title, as soon as its first bytes are here; what was on disk before
// stays.
//
// Tries again after a pause (Retry-After, if the server sends it; at most 60 s): no connection (once), a lost
// connection, one slower than the minimum rate, 408, 425, 429 and 5xx. Throws without another try:
//   NetworkError     any other status; more than max_redirects, or a redirect from https to http or to any
//                    other scheme; a size, a kind or a server's SHA-256 other than expected; headers that
//                    contradict each other; no attempts left
//   CheckpointError  the received bytes have another SHA-256 than expected; they are removed
//   FileError        no space, no such folder, ...
//   InvalidInput     invalid options, or a token that no header can hold, which the message does not show
DownloadedFile download(const Download& file, const DownloadOptions& options = {},
                        const DownloadObserver& observer = {});

// Where a partial file comes from. Only bytes from the same place may be appended to it.
struct PartialOrigin {
  std::string url;
  std::string entity_tag;             // of the server that sends the bytes; "" if it has none, or a weak one
  std::string sha256;                 // of the whole file; "" if not known
  std::optional<std::int64_t> bytes;  // of the whole file

  bool operator==(const PartialOrigin&) const = default;
};

// A file that arrives piece by piece, over one or more tries of this or another process: ".NAME.part" beside
// the target, and ".NAME.part.json", which says where it comes from. Every member throws FileError with the
// system's reason (no space left, read-only, ...).
class PartialFile {
 public:
  // Continues what an earlier try has left.
  explicit PartialFile(const std::filesystem::path& target);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  std::int64_t size() const { return size_; }
  // Empty if there is no part, or if its origin is not known.
  const std::optional<PartialOrigin>& origin() const { return origin_; }

  const std::filesystem::path& path() const { return part_; }

  // Empties the part, to be filled from `origin`.
  void restart(const PartialOrigin& origin);
  void append(std::span<const char> bytes);
  std::string sha256();
  // Syncs the part to the disk, renames it over the target and removes the note.
  void commit();
  // Removes the part and its note.
  void remove();

 private:
  void open(int flags);
  void read_origin();

  std::filesystem::path target_;
  std::filesystem::path part_;
  std::filesystem::path note_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
  std::optional<PartialOrigin> origin_;
};

}  // namespace qamro::io
