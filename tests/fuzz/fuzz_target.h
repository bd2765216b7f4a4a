#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace qamro::testing {

// The bytes that a reader is given, and a folder for those that read files.
class FuzzInput {
 public:
  FuzzInput(std::string_view bytes, std::filesystem::path folder)
      : bytes_(bytes), folder_(std::move(folder)) {}

  std::string_view bytes() const { return bytes_; }
  const std::filesystem::path& folder() const { return folder_; }
  // Writes the bytes, or others, to a file of this name in the folder.
  std::filesystem::path file(const std::string& name) const { return file(name, bytes_); }
  std::filesystem::path file(const std::string& name, std::string_view content) const;

 private:
  std::string_view bytes_;
  std::filesystem::path folder_;
};

// A reader of files from outside. It may throw qamro::Error; another exception, a signal, a sanitizer's
// alarm, more than 10 s and more than a gigabyte are findings.
struct FuzzTarget {
  std::string_view name;  // its seeds lie in corpus/NAME, its former findings in regressions/NAME
  void (*read)(const FuzzInput& input);
  std::size_t max_bytes;  // the longest input that the fuzzer makes
};

std::span<const FuzzTarget> fuzz_targets();

// Runs the reader. An Error that it throws is its answer, whose message is returned; "" if it reads the
// input.
std::string run_target(const FuzzTarget& target, const FuzzInput& input);

// Throws std::logic_error with this text, which is a finding, unless the condition holds.
void require(bool condition, const char* what);

// The readers, in the order of the table in fuzz_targets().
void fuzz_pickle(const FuzzInput& input);
void fuzz_zip(const FuzzInput& input);
void fuzz_safetensors(const FuzzInput& input);
void fuzz_json(const FuzzInput& input);
void fuzz_csv(const FuzzInput& input);
void fuzz_ratings(const FuzzInput& input);
void fuzz_manifest(const FuzzInput& input);
void fuzz_prompts(const FuzzInput& input);
void fuzz_recipe(const FuzzInput& input);
void fuzz_bpe(const FuzzInput& input);
void fuzz_decoder(const FuzzInput& input);

}  // namespace qamro::testing
