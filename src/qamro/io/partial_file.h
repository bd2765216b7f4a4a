#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace qamro::io {

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
