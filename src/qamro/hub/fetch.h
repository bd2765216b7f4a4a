#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "qamro/hub/hugging_face.h"
#include "qamro/hub/published_models.h"
#include "qamro/hub/receipt.h"
#include "qamro/io/download.h"

namespace qamro::hub {

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
// Throws NetworkError, which also says which files to put where by hand; CheckpointError for a file other
// than the expected one; FileError.
Receipt fetch_model(const PublishedModel& model, const std::filesystem::path& store,
                    const HuggingFaceSettings& settings, const FetchOptions& options = {},
                    const FetchObserver& observer = {});

// Whether all files of a published model lie in model_store()/NAME, where fetch_model() puts them by default.
bool is_fetched(const PublishedModel& model);

// "Get these files … and put them into FOLDER": one address per line, with size and SHA-256 if known.
std::string instructions_by_hand(const PublishedModel& model, const std::filesystem::path& folder,
                                 const HuggingFaceSettings& settings);

}  // namespace qamro::hub
