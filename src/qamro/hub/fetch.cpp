#include "qamro/hub/fetch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/hub/environment.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/content_kind.h"
#include "qamro/io/http.h"

namespace qamro::hub {
namespace {

namespace fs = std::filesystem;

// Lets one process at a time work in a folder.
class FolderLock {
 public:
  FolderLock(const fs::path& folder, const FetchObserver& observer)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw FileError(describe_errno(folder.string(), errno));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    if (observer.note)
      observer.note(fmt::format("waiting for another process that works in {}", folder.string()));
    while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FolderLock() { ::close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

void create_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) throw FileError(describe_errno(folder.string(), failure.value()));
}

// Creates a second name for the same bytes, or else a copy.
void bring(const fs::path& from, const fs::path& target) {
  std::error_code failure;
  const fs::path source = fs::canonical(from, failure);
  if (failure) throw FileError(describe_errno(from.string(), failure.value()));
  fs::create_hard_link(source, target, failure);
  if (!failure) return;
  std::ifstream stream(source, std::ios::binary);
  if (!stream) throw FileError(describe_errno(source.string(), errno));
  io::AtomicFile copy(target);
  copy.stream() << stream.rdbuf();
  copy.commit();
}

class Fetch {
 public:
  Fetch(const PublishedModel& model, const fs::path& folder, const HuggingFaceSettings& settings,
        const FetchOptions& options, const FetchObserver& observer)
      : model_(model), folder_(folder), settings_(settings), options_(options), observer_(observer) {}

  Receipt run() {
    create_folder(folder_);
    const FolderLock lock(folder_, observer_);
    receipt_ = read_receipt(folder_);
    receipt_.model = model_.name;
    receipt_.licence = model_.licence;
    for (const auto& file : model_.files) {
      receipt_.put(fetch(file));
      write_receipt(folder_, receipt_);
    }
    return receipt_;
  }

 private:
  FetchedFile fetch(const PublishedFile& file) {
    if (!options_.refetch) {
      if (fs::exists(folder_ / file.name)) return check(file, folder_ / file.name, " (it was here before)");
      if (const auto cached = find_cached(settings_, file)) return take_cached(file, *cached);
    }
    return download(file);
  }

  std::string url(const PublishedFile& file) const { return settings_.endpoint + file.url_path(); }

  void note(const std::string& text) const {
    if (observer_.note) observer_.note(text);
  }

  // Checks a file that was not just downloaded against what is known about it.
  FetchedFile check(const PublishedFile& file, const fs::path& path, const std::string& what) const {
    const auto* before = receipt_.find(file.name);
    const std::string& expected = file.sha256.empty() && before != nullptr ? before->sha256 : file.sha256;
    FetchedFile checked{file.name,
                        io::shown_url(url(file)),
                        before != nullptr ? before->revision : file.revision,
                        static_cast<std::int64_t>(fs::file_size(path)),
                        sha256_file(path),
                        !file.sha256.empty() ? CheckedAgainst::published
                        : before != nullptr  ? CheckedAgainst::receipt
                                             : CheckedAgainst::nothing};
    if (!expected.empty() && checked.sha256 != expected)
      throw CheckpointError(
          fmt::format("{}{}: expected {}SHA-256 {}, got {} bytes with {}; remove it, or fetch with --anew",
                      path.string(), what, file.bytes ? fmt::format("{} bytes with ", *file.bytes) : "",
                      expected, checked.bytes, checked.sha256));
    if (expected.empty()) expect_kind(file, path, what);
    return checked;
  }

  // Of a file whose hash is not known.
  static void expect_kind(const PublishedFile& file, const fs::path& path, const std::string& what) {
    if (const auto refusal = io::content_refusal(io::content_kind_of(file.name), path))
      throw CheckpointError(
          fmt::format("{}{}: {}; remove it, or fetch with --anew", path.string(), what, *refusal));
  }

  FetchedFile take_cached(const PublishedFile& file, const fs::path& cached) const {
    auto checked = check(file, cached, " (in the Hugging Face cache)");
    bring(cached, folder_ / file.name);
    note(fmt::format("{}: from the Hugging Face cache, nothing downloaded", file.name));
    return checked;
  }

  FetchedFile download(const PublishedFile& file) const {
    if (settings_.offline)
      throw NetworkError(fmt::format("{}: not here, and HF_HUB_OFFLINE forbids fetching it", file.name));
    if (observer_.download_begins) observer_.download_begins(file);
    const auto* before = receipt_.find(file.name);
    const bool remembers = file.sha256.empty() && before != nullptr && !options_.refetch;
    io::Download request;
    request.url = url(file);
    request.target = folder_ / file.name;
    request.bytes = file.bytes;
    request.sha256 = remembers ? before->sha256 : file.sha256;
    if (!file.bytes) request.max_bytes = model_.max_file_bytes;
    request.bearer_token = settings_.token;
    const auto done = io::download(request, options_.download, observer_.download);
    return {file.name,
            io::shown_url(request.url),
            done.revision.empty() ? file.revision : done.revision,
            done.bytes,
            done.sha256,
            done.checked_against == io::HashSource::server    ? CheckedAgainst::server
            : done.checked_against == io::HashSource::nothing ? CheckedAgainst::nothing
            : remembers                                       ? CheckedAgainst::receipt
                                                              : CheckedAgainst::published};
  }

  const PublishedModel& model_;
  const fs::path& folder_;
  const HuggingFaceSettings& settings_;
  const FetchOptions& options_;
  const FetchObserver& observer_;
  Receipt receipt_;
};

}  // namespace

Receipt fetch_model(const PublishedModel& model, const fs::path& store, const HuggingFaceSettings& settings,
                    const FetchOptions& options, const FetchObserver& observer) {
  if (store.empty())
    throw FileError("no folder for models: expected $QAMRO_HOME, $XDG_DATA_HOME or $HOME, got none of them");
  settings.validate();
  const fs::path folder = store / model.name;
  try {
    return Fetch(model, folder, settings, options, observer).run();
  } catch (const NetworkError& error) {
    throw NetworkError(fmt::format("{}\n{}", error.what(), instructions_by_hand(model, folder, settings)));
  }
}

bool is_fetched(const PublishedModel& model) {
  const fs::path folder = model_store() / model.name;
  return std::ranges::all_of(model.files, [&](const auto& file) { return fs::exists(folder / file.name); });
}

std::string instructions_by_hand(const PublishedModel& model, const fs::path& folder,
                                 const HuggingFaceSettings& settings) {
  std::string text = "If this machine cannot reach the server, download on another machine\n";
  for (const auto& file : model.files) {
    text += "  " + io::shown_url(settings.endpoint + file.url_path());
    if (file.path != file.name) text += fmt::format(" (as {})", file.name);
    if (file.bytes) text += fmt::format("\n    {} bytes", *file.bytes);
    if (!file.sha256.empty()) text += fmt::format(", SHA-256 {}", file.sha256);
    text += '\n';
  }
  text += fmt::format(
      "and put {} into\n"
      "  {}\n"
      "Then 'qamro model fetch {}' checks {}. For a mirror, set HF_ENDPOINT; for a proxy, https_proxy.",
      model.files.size() == 1 ? "it" : "them", folder.string(), model.name,
      model.files.size() == 1 ? "it" : "them");
  return text;
}

}  // namespace qamro::hub
