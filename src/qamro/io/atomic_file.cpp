#include "qamro/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <streambuf>
#include <string>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_errno(const fs::path& path, int error_number) {
  throw FileError(describe_errno(path.string(), error_number));
}

// Writes to a file descriptor and remembers why a write failed, which std::ofstream does not.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }
  int error_number() const { return error_number_; }

 protected:
  int_type overflow(int_type character) override {
    if (sync() != 0) return traits_type::eof();
    if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
    *pptr() = traits_type::to_char_type(character);
    pbump(1);
    return character;
  }
  int sync() override {
    const bool done = write_all(pbase(), static_cast<std::size_t>(pptr() - pbase()));
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return done ? 0 : -1;
  }
  std::streamsize xsputn(const char* data, std::streamsize count) override {
    if (count <= epptr() - pptr()) {
      std::copy_n(data, count, pptr());
      pbump(static_cast<int>(count));
      return count;
    }
    if (sync() != 0 || !write_all(data, static_cast<std::size_t>(count))) return 0;
    return count;
  }

 private:
  bool write_all(const char* data, std::size_t count) {
    while (count > 0) {
      const ssize_t written = ::write(descriptor_, data, count);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        error_number_ = errno;
        return false;
      }
      data += written;
      count -= static_cast<std::size_t>(written);
    }
    return true;
  }

  int descriptor_;
  int error_number_ = 0;
  std::array<char, 1 << 16> buffer_;
};

// The file at the end of a chain of symbolic links, whether it exists or not.
fs::path follow_links(fs::path path) {
  constexpr int kMaxLinks = 40;  // the kernel's limit
  std::error_code failure;
  for (int i = 0; i < kMaxLinks && fs::is_symlink(path, failure); ++i) {
    const fs::path target = fs::read_symlink(path, failure);
    if (failure) break;
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  return path;
}

fs::path aside_name(const fs::path& target) {
  static std::atomic<unsigned> counter{0};
  constexpr std::size_t kMaxStem = 200;  // file systems allow 255 bytes per name
  return target.parent_path() /
         fmt::format(".{}.{}-{}.tmp", target.filename().string().substr(0, kMaxStem), ::getpid(), counter++);
}

// Holds a file while it has a temporary name, so that sweep_leftovers() leaves it alone.
bool hold(int descriptor) {
  struct stat status {};
  ::flock(descriptor, LOCK_EX);
  return ::fstat(descriptor, &status) == 0 && status.st_nlink > 0;  // not swept before it was held
}

fs::path folder_of(const fs::path& target) {
  return target.has_parent_path() ? target.parent_path() : fs::path(".");
}

void sync_folder(const fs::path& target) {
  const int descriptor = ::open(folder_of(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // the folder is writable but not readable; the rename is already done
  ::fsync(descriptor);
  ::close(descriptor);
}

// Removes what killed processes have left of earlier files at this place: nobody holds them any more.
void sweep_leftovers(const fs::path& target) {
  const std::string aside = aside_name(target).filename().string();
  const std::string start = aside.substr(0, aside.rfind('.', aside.size() - 5) + 1);  // ".scores.jsonl."
  std::error_code failure;
  for (fs::directory_iterator entry(folder_of(target), failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(start) || !name.ends_with(".tmp")) continue;
    if (name.find_first_not_of("0123456789-", start.size()) != name.size() - 4) continue;
    const int descriptor = ::open(entry->path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
    ::close(descriptor);
  }
}

}  // namespace

class AtomicFile::Impl {
 public:
  explicit Impl(const fs::path& path) : path_(path) {
    open();
    buffer_ = std::make_unique<DescriptorBuffer>(descriptor_);
    stream_.rdbuf(buffer_.get());
  }
  ~Impl() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!aside_.empty()) ::unlink(aside_.c_str());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::ostream& stream() { return stream_; }

  void commit() {
    if (descriptor_ < 0) return;
    stream_.flush();
    if (!stream_) throw_errno(path_, buffer_->error_number() != 0 ? buffer_->error_number() : EIO);
    // fsync() fails on a pipe or a device with EINVAL, as there is nothing to sync.
    if (::fsync(descriptor_) != 0 && !target_.empty()) throw_errno(path_, errno);
    if (!target_.empty() && aside_.empty()) link_aside();
    if (::close(std::exchange(descriptor_, -1)) != 0) throw_errno(path_, errno);
    if (target_.empty()) return;
    move_into_place(aside_, target_);
    aside_.clear();
  }

 private:
  void open() {
    struct stat existing {};
    const bool exists = ::stat(path_.c_str(), &existing) == 0;
    if (!exists && errno != ENOENT) throw_errno(path_, errno);
    if (exists && S_ISDIR(existing.st_mode)) throw_errno(path_, EISDIR);
    if (path_.filename().empty()) throw_errno(path_, path_.empty() ? ENOENT : EISDIR);
    if (exists && !S_ISREG(existing.st_mode)) {
      descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
      if (descriptor_ < 0) throw_errno(path_, errno);
      return;
    }
    // Renaming would replace even a file that its owner has made read-only.
    if (exists && ::access(path_.c_str(), W_OK) != 0) throw_errno(path_, errno);
    target_ = follow_links(path_);
    sweep_leftovers(target_);
    if (!open_unnamed()) open_aside();
    if (exists) ::fchmod(descriptor_, existing.st_mode & 07777);
  }

  // An unnamed file disappears with its process, so that even a killed process leaves nothing behind. Not
  // every file system supports them.
  bool open_unnamed() {
    std::error_code failure;
    if (!fs::exists("/proc/self/fd", failure)) return false;
    descriptor_ = ::open(folder_of(target_).c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) ::flock(descriptor_, LOCK_EX);  // for when it gets a name, see hold()
    return descriptor_ >= 0;
  }

  void open_aside() {
    do {
      aside_ = aside_name(target_);
      if (descriptor_ >= 0) ::close(descriptor_);
      descriptor_ = ::open(aside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor_ >= 0 ? !hold(descriptor_) : errno == EEXIST);
    if (descriptor_ >= 0) return;
    const int reason = errno;
    aside_.clear();
    throw_errno(path_, reason);
  }

  // Gives the unnamed file a temporary name, from which it can be renamed over the target.
  void link_aside() {
    const std::string unnamed = fmt::format("/proc/self/fd/{}", descriptor_);
    int failure = 0;
    do {
      aside_ = aside_name(target_);
      failure = ::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, aside_.c_str(), AT_SYMLINK_FOLLOW);
    } while (failure != 0 && errno == EEXIST);
    if (failure == 0) return;
    const int reason = errno;
    aside_.clear();
    throw_errno(path_, reason);
  }

  fs::path path_;    // as given, for messages
  fs::path target_;  // what commit() replaces; empty if written in place
  fs::path aside_;   // temporary name; empty before it has one and after commit()
  int descriptor_ = -1;
  std::unique_ptr<DescriptorBuffer> buffer_;
  std::ostream stream_{nullptr};
};

void move_into_place(const fs::path& file, const fs::path& target) {
  if (::rename(file.c_str(), target.c_str()) != 0) throw_errno(target, errno);
  sync_folder(target);
}

AtomicFile::AtomicFile(const fs::path& path) : impl_(std::make_unique<Impl>(path)) {}
AtomicFile::~AtomicFile() = default;
AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;
AtomicFile& AtomicFile::operator=(AtomicFile&&) noexcept = default;

std::ostream& AtomicFile::stream() {
  return impl_->stream();
}

void AtomicFile::commit() {
  impl_->commit();
}

void write_result(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write) {
  io::AtomicFile file(path);
  write(file.stream());
  file.commit();
}

void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json) {
  write_result(path, [&](std::ostream& stream) {
    stream << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  });
}

WriterLock::WriterLock(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw FileError(describe_errno(path.string(), errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(std::exchange(descriptor_, -1));
  if (error == EWOULDBLOCK)
    throw InvalidInput(path.string() + ": another qamro process is writing here; wait for it, or stop it");
  // A file system without locks.
}

WriterLock::~WriterLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

WriterLock::WriterLock(WriterLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

}  // namespace qamro::io
