#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/hub/published_models.h"
#include "qamro/io/download.h"

namespace qamro::hub {

// Where to find Hugging Face, according to huggingface_hub's own variables (its constants.py).
struct HuggingFaceSettings {
  std::string endpoint = "https://huggingface.co";  // $HF_ENDPOINT, for a mirror; without '/' at its end
  // $HF_HUB_CACHE, $HUGGINGFACE_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub or
  // ~/.cache/huggingface/hub; empty if none of these is known.
  std::filesystem::path cache;
  std::string token;     // $HF_TOKEN; never read from a file, since what is fetched here needs none
  bool offline = false;  // $HF_HUB_OFFLINE: 1, on, yes or true

  static HuggingFaceSettings from_environment();
  // Throws InvalidInput for a token that no header can hold, without showing it.
  void validate() const;
};

// The file in the cache that huggingface_hub fills (models--ORG--NAME/snapshots/COMMIT/PATH): the one of the
// revision if its size matches, else one of any commit if its size and its known SHA-256 match.
std::optional<std::filesystem::path> find_cached(const HuggingFaceSettings& settings,
                                                 const PublishedFile& file);

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

struct FetchOptions {
  io::DownloadOptions download;
  bool refetch = false;  // ignore what is already here
};

// Callbacks that show progress. All may be empty.
struct FetchObserver {
  std::function<void(const PublishedFile& file)> download_begins;
  io::DownloadObserver download;
  std::function<void(const std::string& note)> note;
};

// Brings a published model's files into store/NAME and writes the receipt. Each file appears only when it is
// complete and checked. Places are tried in this order: store/NAME itself (a file put there by hand or by an
// earlier call), Hugging Face's cache (linked if the file system can, else copied), the network. Two
// processes that fetch the same model wait for each other.
//
// A file's SHA-256 is compared with the table's. If the table has none, it is compared with the receipt's
// (unless `refetch`), or else with the one that the server sends. If there is none at all, the first file is
// trusted, and its SHA-256 goes into the receipt for later calls.
//
// A file that came another way than from the network, and whose hash is not known, has to be of the kind that
// its name says (io/content_kind.h), as one from the network.
//
// Throws InvalidInput as HuggingFaceSettings::validate() does; NetworkError, which also says which files to
// put where by hand; CheckpointError for a file other than the expected one; FileError.
Receipt fetch_model(const PublishedModel& model, const std::filesystem::path& store,
                    const HuggingFaceSettings& settings, const FetchOptions& options = {},
                    const FetchObserver& observer = {});

// Whether all files of a published model lie in model_store()/NAME, where fetch_model() puts them by default.
bool is_fetched(const PublishedModel& model);

// "Get these files … and put them into FOLDER": one address per line, with size and SHA-256 if known.
std::string instructions_by_hand(const PublishedModel& model, const std::filesystem::path& folder,
                                 const HuggingFaceSettings& settings);

}  // namespace qamro::hub
