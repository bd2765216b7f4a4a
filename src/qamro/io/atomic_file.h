#pragma once

#include <filesystem>
#include <memory>
#include <ostream>

namespace qamro::io {

// A file that appears whole or not at all: written aside in the same folder (without a name where the file
// system can, else as ".NAME.*.tmp"), flushed, synced to the disk and renamed over the target by commit().
// Destroyed without commit(), the file aside is removed and the target is as it was. A symbolic link is
// followed, an existing target's permissions are kept. What is no regular file (/dev/null, a pipe) is written
// in place.
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

  // Binary; its badbit is set by a failed write, and commit() then throws the reason.
  std::ostream& stream();

  // Once; a second call does nothing.
  void commit();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Renames a finished file, which its writer has synced, over `target` in the same folder, and syncs the
// folder. Throws FileError.
void move_into_place(const std::filesystem::path& file, const std::filesystem::path& target);

}  // namespace qamro::io
