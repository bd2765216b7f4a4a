#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // libcrypto's

namespace qamro {

// A SHA-256 of data that arrive piece by piece.
class Sha256 {
 public:
  Sha256();
  void update(const void* data, std::size_t size);
  // 64 lower-case hexadecimal digits. Call it once, after the last piece.
  std::string hex();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

// SHA-256 of a whole file, read in pieces. Throws FileError.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace qamro
