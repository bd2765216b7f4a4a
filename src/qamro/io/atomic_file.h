#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <ostream>

namespace qamro::io {

// A file that appears whole or not at all. It is written in the same folder (without a name if the file
// system supports that, else as ".NAME.*.tmp"), flushed, synced to the disk and renamed over the target by
// commit(). Without commit(), the destructor removes it and the target stays as it was. What a killed process
// left under such a name goes when the next one writes the same file. Symbolic links are
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

// One writer of a file or a folder: the lock is held until the object ends, or the process, however it ends.
// Throws InvalidInput if another process holds it, FileError if the file or folder cannot be opened.
class WriterLock {
 public:
  explicit WriterLock(const std::filesystem::path& path);
  ~WriterLock();
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&& other) noexcept;

 private:
  int descriptor_;
};

// Renames a finished and synced file over `target` in the same folder, and syncs the folder.
// Throws FileError.
void move_into_place(const std::filesystem::path& file, const std::filesystem::path& target);

// Write files that appear whole or not at all. Throw FileError.
void write_result(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);
// Indented by two spaces. Bytes that are no UTF-8, as paths may have, become U+FFFD: a long run must not fail
// when its result is written.
void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json);

}  // namespace qamro::io
