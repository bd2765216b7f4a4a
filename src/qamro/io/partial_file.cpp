#include "qamro/io/download.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/json_reader.h"

namespace qamro::io {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

[[noreturn]] void throw_errno(const fs::path& path) {
  throw FileError(describe_errno(path.string(), errno));
}

fs::path beside(const fs::path& target, const char* suffix) {
  return target.parent_path() / ("." + target.filename().string() + suffix);
}

}  // namespace

PartialFile::PartialFile(const fs::path& target)
    : target_(target), part_(beside(target, ".part")), note_(beside(target, ".part.json")) {
  read_origin();
  if (!origin_) return;
  open(0);
  struct stat existing {};
  if (::fstat(descriptor_, &existing) != 0) throw_errno(part_);
  size_ = existing.st_size;
}

PartialFile::~PartialFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PartialFile::open(int flags) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0666);
  if (descriptor_ < 0) throw_errno(part_);
}

// A note that is broken or lacks its part is ignored.
void PartialFile::read_origin() {
  if (!fs::is_regular_file(note_) || !fs::is_regular_file(part_)) return;
  try {
    const Json note = read_json(note_);
    if (!note.is_object()) return;
    PartialOrigin origin{note.at("url"), note.at("entity_tag"), note.at("sha256"), std::nullopt};
    if (!note.at("bytes").is_null()) origin.bytes = note.at("bytes").get<std::int64_t>();
    origin_ = std::move(origin);
  } catch (const Json::exception&) {
    origin_.reset();
  } catch (const Error&) {
    origin_.reset();
  }
}

void PartialFile::restart(const PartialOrigin& origin) {
  open(O_TRUNC);  // first, so that the note never describes other bytes
  size_ = 0;
  origin_ = origin;
  AtomicFile note(note_);
  note.stream() << Json{{"url", origin.url},
                        {"entity_tag", origin.entity_tag},
                        {"sha256", origin.sha256},
                        {"bytes", origin.bytes ? Json(*origin.bytes) : Json()}}
                       .dump(2, ' ', false, Json::error_handler_t::replace)
                << '\n';
  note.commit();
}

void PartialFile::append(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(part_);
    size_ += written;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

std::string PartialFile::sha256() {
  return sha256_file(part_);
}

void PartialFile::commit() {
  if (::fsync(descriptor_) != 0) throw_errno(part_);
  if (::close(std::exchange(descriptor_, -1)) != 0) throw_errno(part_);
  move_into_place(part_, target_);
  std::error_code ignored;
  fs::remove(note_, ignored);
}

void PartialFile::remove() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  size_ = 0;
  origin_.reset();
  for (const auto& path : {part_, note_}) {
    std::error_code failure;
    if (!fs::remove(path, failure) && failure)
      throw FileError(describe_errno(path.string(), failure.value()));
  }
}

}  // namespace qamro::io
