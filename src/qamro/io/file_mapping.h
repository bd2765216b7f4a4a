#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "qamro/io/state_dict.h"

namespace qamro::io {

// A whole file in memory as a private copy-on-write mapping: pages are read when they are first touched, and
// writing to them never reaches the file.
class FileMapping {
 public:
  // Throws FileError with the system's reason, also for anything but a regular file.
  static std::shared_ptr<FileMapping> open(const std::filesystem::path& path);
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit FileMapping(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;
};

// A one-dimensional tensor over bytes of the mapping, which it keeps alive; a copy if they are not aligned
// for the type. The bytes must lie inside the mapping and be a whole number of elements.
at::Tensor tensor_over(std::shared_ptr<FileMapping> mapping, std::span<std::byte> bytes,
                       const ElementType& type);

// False for a bool tensor with bytes other than 0 and 1, which C++ must not read as bool.
bool holds_valid_bools(std::span<const std::byte> bytes, const ElementType& type);

}  // namespace qamro::io
