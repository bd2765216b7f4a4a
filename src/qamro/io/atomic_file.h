#pragma once

#include <filesystem>
#include <memory>
#include <ostream>

namespace qamro::io {

// A file that appears whole or not at all. It is written in the same folder (without a name if the file
// system supports that, else as ".NAME.*.tmp"), flushed, synced to the disk and renamed over the target by
// commit(). Without commit(), the destructor removes it and the target stays as it was. Symbolic links are
// followed, and an existing target keeps its permissions. Anything but a regular file (/dev/null, a pipe) is
// written in place.
//
//   AtomicFile file("scores.jsonl");
//   file.stream() << ...;
//   file.commit();
//
// The constructor and commit() throw FileError with the system's reason (no such folder, no space left, ...).
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;

  // Binary. A failed write sets its badbit, and commit() then throws the reason.
  std::ostream& stream();

  // A second call does nothing.
  void commit();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Renames a finished and synced file over `target` in the same folder, and syncs the folder.
// Throws FileError.
void move_into_place(const std::filesystem::path& file, const std::filesystem::path& target);

}  // namespace qamro::io
