#include "qamro/io/zip_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "qamro/core/error.h"

// Layout and field names: PKWARE's APPNOTE.TXT, section 4.3.
namespace qamro::io {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEndRecord = 0x06054b50;
constexpr std::uint32_t kZip64EndRecord = 0x06064b50;
constexpr std::uint32_t kZip64Locator = 0x07064b50;
constexpr std::uint64_t kLocalHeaderBytes = 30;
constexpr std::uint64_t kCentralHeaderBytes = 46;
constexpr std::uint64_t kEndRecordBytes = 22;
constexpr std::uint64_t kZip64LocatorBytes = 20;
constexpr std::uint64_t kZip64EndRecordBytes = 56;
constexpr std::uint64_t kMaxCommentBytes = 0xFFFF;
constexpr std::uint64_t kSaturated16 = 0xFFFF;  // "see the zip64 field"
constexpr std::uint64_t kSaturated32 = 0xFFFFFFFF;

}  // namespace

ZipArchive::ZipArchive(std::shared_ptr<FileMapping> mapping, std::string file)
    : mapping_(std::move(mapping)), bytes_(mapping_->bytes()), file_(std::move(file)) {
  const Directory directory = find_directory();
  if (directory.begin > bytes_.size() || directory.size > bytes_.size() - directory.begin)
    fail(fmt::format("its directory needs {} bytes from {}, the file has {}", directory.size, directory.begin,
                     bytes_.size()));
  std::uint64_t offset = directory.begin;
  for (std::uint64_t i = 0; i < directory.count; ++i)
    offset = read_entry(offset, directory.begin + directory.size);
  check_overlap(directory);
}

std::span<std::byte> ZipArchive::record(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) fail(fmt::format("record '{}' is missing", name));
  const Entry& entry = found->second;
  if (!entry.is_plain)
    fail(fmt::format("record '{}': expected it as torch.save stores it, got it compressed or encrypted",
                     name));
  return bytes_.subspan(entry.begin, entry.size);
}

void ZipArchive::fail(const std::string& what) const {
  throw CheckpointError(fmt::format("{}: {}", file_, what));
}

// Little-endian.
std::uint64_t ZipArchive::number(std::uint64_t offset, unsigned bytes) const {
  if (offset > bytes_.size() || bytes > bytes_.size() - offset)
    fail(fmt::format("cut short: the zip directory points to byte {}, the file has {}", offset,
                     bytes_.size()));
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value |= std::to_integer<std::uint64_t>(bytes_[offset + i]) << (8 * i);
  return value;
}

bool ZipArchive::has_signature(std::uint64_t offset, std::uint32_t signature) const {
  return offset <= bytes_.size() && bytes_.size() - offset >= 4 && number(offset, 4) == signature;
}

ZipArchive::Directory ZipArchive::find_directory() const {
  const std::uint64_t size = bytes_.size();
  for (std::uint64_t behind = kEndRecordBytes; behind <= std::min(size, kEndRecordBytes + kMaxCommentBytes);
       ++behind) {
    const std::uint64_t offset = size - behind;
    if (!has_signature(offset, kEndRecord) || number(offset + 20, 2) != behind - kEndRecordBytes) continue;
    const Directory directory{number(offset + 16, 4), number(offset + 12, 4), number(offset + 10, 2)};
    const bool saturated =
        directory.begin == kSaturated32 || directory.size == kSaturated32 || directory.count == kSaturated16;
    return saturated ? read_zip64_directory(offset) : directory;
  }
  fail(fmt::format("no zip directory at its end: the file is cut short or damaged ({} bytes)", size));
}

ZipArchive::Directory ZipArchive::read_zip64_directory(std::uint64_t end_record) const {
  if (end_record < kZip64LocatorBytes || !has_signature(end_record - kZip64LocatorBytes, kZip64Locator))
    fail("its zip64 directory is missing");
  const std::uint64_t offset = number(end_record - kZip64LocatorBytes + 8, 8);
  if (!has_signature(offset, kZip64EndRecord) || bytes_.size() - offset < kZip64EndRecordBytes)
    fail(fmt::format("expected a zip64 directory at byte {}, got none", offset));
  return {number(offset + 48, 8), number(offset + 40, 8), number(offset + 32, 8)};
}

// Returns where the next entry begins. `end` is the directory's end, which lies inside the file.
std::uint64_t ZipArchive::read_entry(std::uint64_t offset, std::uint64_t end) {
  if (offset > end || end - offset < kCentralHeaderBytes || !has_signature(offset, kCentralHeader))
    fail(fmt::format("expected an entry of the zip directory at byte {}, got none", offset));
  const std::uint64_t flags = number(offset + 8, 2);
  const std::uint64_t method = number(offset + 10, 2);
  std::uint64_t stored_size = number(offset + 20, 4);
  std::uint64_t size = number(offset + 24, 4);
  const std::uint64_t name_size = number(offset + 28, 2);
  const std::uint64_t extra_size = number(offset + 30, 2);
  std::uint64_t local_header = number(offset + 42, 4);
  const std::uint64_t next = offset + kCentralHeaderBytes + name_size + extra_size + number(offset + 32, 2);
  if (next > end) fail(fmt::format("the zip directory's entry at byte {} reaches beyond its end", offset));
  const char* text = reinterpret_cast<const char*>(bytes_.data()) + offset + kCentralHeaderBytes;
  const std::string name(text, name_size);

  std::array<std::uint64_t*, 3> wide = {&size, &stored_size, &local_header};
  read_zip64_extra(offset + kCentralHeaderBytes + name_size, extra_size, wide);
  Entry entry;
  entry.begin = content_offset(local_header, name);
  entry.size = stored_size;
  entry.is_plain = method == 0 && (flags & 1) == 0;
  if (entry.size > bytes_.size() - entry.begin)
    fail(fmt::format("record '{}': {} bytes from {} reach beyond the file's {}", name, entry.size,
                     entry.begin, bytes_.size()));
  if (entry.is_plain && size != stored_size)
    fail(fmt::format("record '{}': expected {} bytes, got {}", name, size, stored_size));
  if (!entries_.emplace(name, entry).second) fail(fmt::format("record '{}' appears twice", name));
  return next;
}

// Replaces, in this order, the values that say "see the zip64 field".
void ZipArchive::read_zip64_extra(std::uint64_t offset, std::uint64_t size,
                                  std::span<std::uint64_t*> values) const {
  constexpr std::uint64_t kZip64Field = 1;
  const std::uint64_t end = offset + size;
  while (end - offset >= 4) {
    const std::uint64_t field = number(offset, 2);
    const std::uint64_t field_size = number(offset + 2, 2);
    offset += 4;
    if (field_size > end - offset) fail("a zip directory entry is damaged");
    if (field == kZip64Field) {
      std::uint64_t position = offset;
      for (std::uint64_t* value : values) {
        if (*value != kSaturated32) continue;
        if (offset + field_size - position < 8) fail("a zip64 directory entry is damaged");
        *value = number(position, 8);
        position += 8;
      }
    }
    offset += field_size;
  }
}

// Where the content begins: after the record's own header, which repeats its name.
std::uint64_t ZipArchive::content_offset(std::uint64_t local_header, const std::string& name) const {
  if (!has_signature(local_header, kLocalHeader) || bytes_.size() - local_header < kLocalHeaderBytes)
    fail(fmt::format("record '{}': expected its header at byte {}, got none", name, local_header));
  const std::uint64_t name_size = number(local_header + 26, 2);
  const std::uint64_t begin = local_header + kLocalHeaderBytes + name_size + number(local_header + 28, 2);
  if (begin > bytes_.size()) fail(fmt::format("record '{}': cut short", name));
  const char* text = reinterpret_cast<const char*>(bytes_.data()) + local_header + kLocalHeaderBytes;
  if (std::string_view(text, name_size) != name)
    fail(fmt::format("record '{}': its own header gives another name", name));
  return begin;
}

// Records that share bytes would let a small file ask for much memory.
void ZipArchive::check_overlap(const Directory& directory) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> parts = {
      {directory.begin, directory.begin + directory.size}};
  for (const auto& [name, entry] : entries_)
    if (entry.size > 0) parts.emplace_back(entry.begin, entry.begin + entry.size);
  std::sort(parts.begin(), parts.end());
  for (std::size_t i = 1; i < parts.size(); ++i)
    if (parts[i].first < parts[i - 1].second)
      fail(fmt::format("its records overlap at byte {}", parts[i].first));
}

}  // namespace qamro::io
