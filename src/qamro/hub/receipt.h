#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"

namespace qamro::hub {

// What a file's SHA-256 was compared with when it was fetched.
enum class CheckedAgainst {
  published,  // the one in the table of published models
  server,     // the one that the server sent
  receipt,    // the one of the first fetch
  nothing,    // first fetch of a file without a known hash
};
constexpr auto enum_names(CheckedAgainst) {
  return names_table<CheckedAgainst>({{CheckedAgainst::published, "published"},
                                      {CheckedAgainst::server, "server"},
                                      {CheckedAgainst::receipt, "receipt"},
                                      {CheckedAgainst::nothing, "nothing"}});
}

struct FetchedFile {
  std::string name;
  std::string url;
  std::string revision;  // the commit, if known
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

// Empty if there is no receipt. Throws CheckpointError that says what is wrong with it, and FileError if the
// system refuses to open it.
Receipt read_receipt(const std::filesystem::path& folder);
// Throws FileError.
void write_receipt(const std::filesystem::path& folder, const Receipt& receipt);

}  // namespace qamro::hub
