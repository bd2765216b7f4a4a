#include "qamro/hub/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/hub/environment.h"
#include "qamro/io/http.h"
#include "qamro/io/text_file.h"

namespace qamro::hub {
namespace {

namespace fs = std::filesystem;

fs::path cache_folder() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
    if (const auto folder = folder_variable(name)) return *folder;
  if (const auto home = folder_variable("HF_HOME")) return *home / "hub";
  if (const auto cache = folder_variable("XDG_CACHE_HOME")) return *cache / "huggingface/hub";
  const auto home = home_folder();
  return home ? *home / ".cache/huggingface/hub" : fs::path();
}

bool is_true(const std::string& value) {
  const std::string text = io::lower_case(value);
  return text == "1" || text == "on" || text == "yes" || text == "true";
}

fs::path repository_folder(const fs::path& cache, const PublishedFile& file) {
  std::string name = "models--" + file.repository;
  for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/'))
    name.replace(slash, 1, "--");
  return cache / name;
}

// The commit that a branch pointed to when it was cached, or the commit itself. A reference that would lead
// out of snapshots/ is damaged and not followed.
std::string commit_of(const fs::path& repository, const std::string& revision) {
  std::string commit;
  std::ifstream reference(repository / "refs" / revision);
  const bool is_read = static_cast<bool>(reference >> commit);
  return is_read && commit != ".." && commit.find('/') == std::string::npos ? commit : revision;
}

bool has_size(const fs::path& path, const PublishedFile& file) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) return false;
  const auto bytes = fs::file_size(path, failure);
  return !failure && (!file.bytes || bytes == static_cast<std::uintmax_t>(*file.bytes));
}

// A snapshot's files are links into blobs/, where large files are named by their SHA-256.
bool has_hash(const fs::path& path, const PublishedFile& file) {
  std::error_code failure;
  const std::string blob = fs::canonical(path, failure).filename().string();
  if (failure || file.sha256.empty()) return false;
  return blob.size() == file.sha256.size() ? blob == file.sha256 : sha256_file(path) == file.sha256;
}

}  // namespace

HuggingFaceSettings HuggingFaceSettings::from_environment() {
  HuggingFaceSettings settings;
  if (const auto endpoint = variable("HF_ENDPOINT")) settings.endpoint = *endpoint;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  settings.cache = cache_folder();
  settings.token = variable("HF_TOKEN").value_or("");
  settings.offline = is_true(variable("HF_HUB_OFFLINE").value_or(""));
  return settings;
}

void HuggingFaceSettings::validate() const {
  const auto place = io::unsendable_character(token, /*spaces=*/false);
  if (!place) return;
  const int code = static_cast<unsigned char>(token[*place]);
  throw InvalidInput(fmt::format(
      "HF_TOKEN: expected a token of visible ASCII, got a {} as character {} of {}: set it anew, without line ends and spaces",
      code == '\n'                  ? "line feed"
      : code == '\r'                ? "carriage return"
      : code == ' '                 ? "space"
      : code == '\t'                ? "tab"
      : code > 0x7E && code != 0x7F ? "byte beyond ASCII"
                                    : "control character",
      *place + 1, token.size()));
}

std::optional<fs::path> find_cached(const HuggingFaceSettings& settings, const PublishedFile& file) {
  if (settings.cache.empty()) return std::nullopt;
  const fs::path repository = repository_folder(settings.cache, file);
  const fs::path expected = repository / "snapshots" / commit_of(repository, file.revision) / file.path;
  if (has_size(expected, file)) return expected;
  std::vector<fs::path> others;
  std::error_code none;
  for (const auto& snapshot : fs::directory_iterator(repository / "snapshots", none))
    others.push_back(snapshot.path() / file.path);
  std::sort(others.begin(), others.end());
  for (const auto& path : others)
    if (has_size(path, file) && has_hash(path, file)) return path;
  return std::nullopt;
}

}  // namespace qamro::hub
