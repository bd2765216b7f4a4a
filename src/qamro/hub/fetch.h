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
  bool anew = false;  // do not look at what is already here
};

// What a caller may show. All may be empty.
struct FetchObserver {
  std::function<void(const PublishedFile& file)> download_begins;
  io::DownloadObserver download;
  std::function<void(const std::string& note)> note;
};

// Brings a published model's files into store/NAME, each of which appears only when it is whole and has been
// checked, and writes the receipt. In this order a file is taken from: where it shall lie (put there by hand,
// or by an earlier call), Hugging Face's cache (linked where the file system can, else copied), the network.
// Two processes that fetch the same model wait for each other.
//
// A SHA-256 that the table does not know is the server's word; failing that, what comes first is believed
// and remembered: later it is compared with the receipt.
//
// Throws NetworkError, which then says which files to put where by hand; CheckpointError for a file that is
// not the one expected; FileError.
Receipt fetch_model(const PublishedModel& model, const std::filesystem::path& store,
                    const HuggingFaceSettings& settings, const FetchOptions& options = {},
                    const FetchObserver& observer = {});

// Whether all files of a published model lie in model_store()/NAME, where fetch_model() puts them by default.
bool is_fetched(const PublishedModel& model);

// "Get these files … and put them into FOLDER": one address a line, with size and SHA-256 where known.
std::string instructions_by_hand(const PublishedModel& model, const std::filesystem::path& folder,
                                 const HuggingFaceSettings& settings);

}  // namespace qamro::hub
