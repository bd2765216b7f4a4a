#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace qamro::io {

// Where a part of a file comes from: only what comes from the same place may be put behind it.
struct PartialOrigin {
  std::string url;
  std::string entity_tag;  // of the server that sends the bytes; "" when it has none, or a weak one
  std::string sha256;      // that the whole file shall have; "" when nobody says
  std::optional<std::int64_t> bytes;  // of the whole file

  bool operator==(const PartialOrigin&) const = default;
};

// A file that arrives piece by piece, over more than one try of this process or another: ".NAME.part" beside
// the target, and ".NAME.part.json", which says where it comes from. Every member throws FileError with the
// system's reason (no space left, read-only, ...).
class PartialFile {
 public:
  // Takes up what an earlier try has left.
  explicit PartialFile(const std::filesystem::path& target);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  std::int64_t size() const { return size_; }
  // Nothing, when there is no part, or nobody knows where it comes from.
  const std::optional<PartialOrigin>& origin() const { return origin_; }

  // Empty, from now on filled from `origin`.
  void restart(const PartialOrigin& origin);
  void append(std::span<const char> bytes);
  std::string sha256();
  // Synced to the disk and renamed over the target.
  void commit();
  // Nothing of it stays.
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
