#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "qamro/io/file_mapping.h"

namespace qamro::io {

// Gives the memory under a tensor of a mapping back to the system, which reads it from the file again if it
// is touched. For weights that have been copied into another layout. Nobody may have written to the tensor,
// because the changes would be lost. Does nothing for a tensor outside a mapping or one that is not
// contiguous. Thread-safe.
void release_pages(const at::Tensor& tensor);

// The records of a mapped zip archive, with or without zip64. Supports only what torch.save writes: stored
// (uncompressed) records in one file. PyTorch's own reader copies each record into memory and hides whether
// one is compressed. Here every number in the directory is checked against the file, and a record is a part
// of the mapping.
class ZipArchive {
 public:
  // `file` is the archive's name in messages. Throws CheckpointError for a damaged directory: no end record
  // (a file cut short), entries beyond the file, a repeated name, records that overlap.
  ZipArchive(std::shared_ptr<FileMapping> mapping, std::string file);

  bool contains(const std::string& name) const { return entries_.contains(name); }
  // Throws CheckpointError if the record is missing, compressed or encrypted.
  std::span<std::byte> record(const std::string& name) const;

  struct Entry {
    std::uint64_t begin = 0;  // of the content, in the file
    std::uint64_t size = 0;   // of the content as stored
    bool is_plain = false;    // neither compressed nor encrypted
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::shared_ptr<FileMapping>& mapping() const { return mapping_; }

 private:
  struct Directory {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    std::uint64_t count = 0;
  };

  [[noreturn]] void fail(const std::string& what) const;
  std::uint64_t number(std::uint64_t offset, unsigned bytes) const;
  bool has_signature(std::uint64_t offset, std::uint32_t signature) const;
  Directory find_directory() const;
  Directory read_zip64_directory(std::uint64_t end_record) const;
  std::uint64_t read_entry(std::uint64_t offset, std::uint64_t end);
  void read_zip64_extra(std::uint64_t offset, std::uint64_t size, std::span<std::uint64_t*> values) const;
  std::uint64_t content_offset(std::uint64_t local_header, const std::string& name) const;
  void check_overlap(const Directory& directory) const;

  std::shared_ptr<FileMapping> mapping_;
  std::span<std::byte> bytes_;
  std::string file_;
  std::map<std::string, Entry> entries_;
};

}  // namespace qamro::io
