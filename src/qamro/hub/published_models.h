#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qamro::hub {

// A file of a model repository on Hugging Face.
struct PublishedFile {
  std::string name;        // under which it lies in the model's folder
  std::string repository;  // "facebook/audiobox-aesthetics"
  std::string revision;    // a commit, so that the file cannot change; or "main"
  std::string path;        // in the repository
  std::optional<std::int64_t> bytes;
  std::string sha256;  // "" when not known: then the server's word counts, and what came first is remembered

  // "/facebook/audiobox-aesthetics/resolve/REVISION/config.json", behind the endpoint.
  std::string url_path() const;
};

// A model that others have published and that `qamro model fetch` knows.
struct PublishedModel {
  std::string name;
  std::string summary;
  std::string licence;
  std::string becomes;  // what can be done with it once it is here
  std::vector<PublishedFile> files;
  std::int64_t most_bytes_a_file = 0;  // where a file's own size is not known
};

std::span<const PublishedModel> published_models();

// Nothing for a name that is not among them.
const PublishedModel* find_published_model(const std::string& name);

struct KnownFile {
  const PublishedModel* model;
  const PublishedFile* file;
};
// The published file of that SHA-256; nothing for another one.
std::optional<KnownFile> find_published_file(const std::string& sha256);

}  // namespace qamro::hub
