#include "qamro/io/file_mapping.h"

#include <ATen/Functions.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/io/zip_archive.h"

namespace qamro::io {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

// Address ranges of the live mappings, begin to end.
class LiveMappings {
 public:
  void add(std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    ends_[begin_of(bytes)] = begin_of(bytes) + bytes.size();
  }
  void remove(std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    ends_.erase(begin_of(bytes));
  }
  bool contain(std::uintptr_t begin, std::uintptr_t end) {
    const std::lock_guard lock(mutex_);
    const auto behind = ends_.upper_bound(begin);
    return behind != ends_.begin() && end <= std::prev(behind)->second;
  }
  static LiveMappings& all() {
    static LiveMappings mappings;
    return mappings;
  }

 private:
  static std::uintptr_t begin_of(std::span<const std::byte> bytes) {
    return reinterpret_cast<std::uintptr_t>(bytes.data());
  }
  std::mutex mutex_;
  std::map<std::uintptr_t, std::uintptr_t> ends_;
};

}  // namespace

std::shared_ptr<FileMapping> FileMapping::open(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe must not block
  struct stat status {};
  if (file.value() < 0 || ::fstat(file.value(), &status) != 0)
    throw FileError(describe_errno(path.string(), errno));
  if (S_ISDIR(status.st_mode)) throw FileError(describe_errno(path.string(), EISDIR));
  if (!S_ISREG(status.st_mode)) throw FileError(path.string() + ": expected a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return std::shared_ptr<FileMapping>(new FileMapping({}));
  // Without MAP_NORESERVE, a machine that forbids overcommit would reserve memory for pages that
  // nobody writes.
  void* start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.value(), 0);
  if (start == MAP_FAILED) throw FileError(describe_errno(path.string(), errno));
  const std::span bytes(static_cast<std::byte*>(start), size);
  LiveMappings::all().add(bytes);
  return std::shared_ptr<FileMapping>(new FileMapping(bytes));
}

FileMapping::~FileMapping() {
  if (bytes_.empty()) return;
  LiveMappings::all().remove(bytes_);
  ::munmap(bytes_.data(), bytes_.size());
}

void release_pages(const at::Tensor& tensor) {
  if (!tensor.is_contiguous()) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr()), end = begin + tensor.nbytes();
  if (!LiveMappings::all().contain(begin, end)) return;
  const std::uintptr_t first = (begin + page - 1) / page * page, last = end / page * page;  // whole pages
  // NOLINTNEXTLINE(performance-no-int-to-ptr): pages are found by arithmetic on addresses
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

at::Tensor tensor_over(std::shared_ptr<FileMapping> mapping, std::span<std::byte> bytes,
                       const ElementType& type) {
  const auto count = static_cast<std::int64_t>(bytes.size()) / type.size_bytes;
  const auto options = at::TensorOptions(type.scalar_type);
  if (count == 0) return at::empty({0}, options);
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % static_cast<std::uintptr_t>(type.size_bytes) != 0) {
    at::Tensor copy = at::empty({count}, options);
    std::copy(bytes.begin(), bytes.end(), static_cast<std::byte*>(copy.mutable_data_ptr()));
    return copy;
  }
  return at::from_blob(
      bytes.data(), {count}, [kept = std::move(mapping)](void*) {}, options);
}

bool holds_valid_bools(std::span<const std::byte> bytes, const ElementType& type) {
  return type.scalar_type != c10::ScalarType::Bool ||
         std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte <= std::byte{1}; });
}

}  // namespace qamro::io
