#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qamro::hub {

// A file of a model repository on Hugging Face.
struct PublishedFile {
  std::string name;        // its name in the model's folder
  std::string repository;  // "facebook/audiobox-aesthetics"
  std::string revision;    // a commit, so that the file cannot change; or "main"
  std::string path;        // in the repository
  std::optional<std::int64_t> bytes;
  std::string sha256;  // "" if not known: see fetch_model()

  // "/facebook/audiobox-aesthetics/resolve/REVISION/config.json", to be appended to the endpoint.
  std::string url_path() const;
};

// A model that others have published and that `qamro model fetch` knows.
struct PublishedModel {
  std::string name;
  std::string summary;
  std::string licence;
  std::string becomes;  // what it can be used for once it is here
  std::vector<PublishedFile> files;
  std::int64_t max_file_bytes = 0;  // limit if a file's own size is not known

  // Of all files; empty if the size of one is not known.
  std::optional<std::int64_t> total_bytes() const;
};

std::span<const PublishedModel> published_models();

// Null if there is no model of that name.
const PublishedModel* find_published_model(const std::string& name);
// Throws InvalidInput that lists the names if there is no model of that name.
const PublishedModel& published_model(const std::string& name);

struct KnownFile {
  const PublishedModel* model;
  const PublishedFile* file;
};
// The published file with that SHA-256; empty if there is none.
std::optional<KnownFile> find_published_file(const std::string& sha256);

}  // namespace qamro::hub
