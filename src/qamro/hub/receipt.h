#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace qamro::hub {

// What a file's SHA-256 was compared with when it came.
enum class CheckedAgainst {
  published,  // the one that qamro knows
  server,     // the one that the server has told
  receipt,    // the one of the first time
  nothing,    // it is the first time, and nobody knows it
};
std::string to_string(CheckedAgainst checked);

struct FetchedFile {
  std::string name;
  std::string url;
  std::string revision;  // the commit, when it is known
  std::int64_t bytes = 0;
  std::string sha256;
  CheckedAgainst checked_against = CheckedAgainst::nothing;
};

// FOLDER/fetched.json: what was fetched into a model's folder, and from where.
struct Receipt {
  std::string model;
  std::string licence;
  std::vector<FetchedFile> files;

  const FetchedFile* find(const std::string& name) const;
  void put(FetchedFile file);
};

// Empty when there is none. Throws CheckpointError naming what is wrong with it.
Receipt read_receipt(const std::filesystem::path& folder);
// Throws FileError.
void write_receipt(const std::filesystem::path& folder, const Receipt& receipt);

// Every file of the receipt against its size and SHA-256. Throws FileError for a file that is missing,
// CheckpointError for one that is another.
void verify_receipt(const std::filesystem::path& folder, const Receipt& receipt);

}  // namespace qamro::hub
