#include "qamro/io/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "qamro/core/error.h"
#include "qamro/io/http.h"

namespace qamro::io {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNewCountBytes = 1 << 20;  // an attempt bringing this much resets the failure count
constexpr double kLongestWaitSeconds = 60;
constexpr int kMaxRestarts = 2;

// Another try is worthwhile, after `wait_seconds` if the server has said how long.
struct TryAgain {
  std::string reason;
  std::optional<double> wait_seconds;
  bool unreachable = false;
};

// The part on disk does not match the file on the server: start again without it.
struct StartOver {
  std::string reason;
};

bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

class Downloader : private HttpReceiver {
 public:
  Downloader(const Download& file, const DownloadOptions& options, const DownloadObserver& observer)
      : file_(file), options_(options), observer_(observer), part_(file.target) {
    options.validate();
  }

  DownloadedFile run() {
    int restarts = 0;
    int failures = 0;
    for (;;) {
      const std::int64_t before = part_.size();
      try {
        receive();
        return finish();
      } catch (const StartOver& change) {
        part_.remove();
        if (++restarts > kMaxRestarts)
          throw NetworkError(fmt::format("{}: {}; gave up after {} restarts", shown_url(file_.url),
                                         change.reason, kMaxRestarts));
      } catch (const TryAgain& pause) {
        failures = part_.size() - before >= kNewCountBytes ? 1 : failures + 1;
        wait_or_give_up(pause, failures);
      }
    }
  }

 private:
  void wait_or_give_up(const TryAgain& pause, int failures) const {
    if (failures >= (pause.unreachable ? std::min(2, options_.attempts) : options_.attempts))
      throw NetworkError(fmt::format("{} (after {} attempts)", pause.reason, failures));
    const double wait = std::min(
        pause.wait_seconds.value_or(options_.first_wait_seconds * static_cast<double>(1 << (failures - 1))),
        kLongestWaitSeconds);
    if (observer_.retrying) observer_.retrying(pause.reason, wait);
    std::this_thread::sleep_for(std::chrono::duration<double>(wait));
  }

  // Returns once the part is as long as the file.
  void receive() {
    known_ = {file_.url, "", file_.sha256, file_.bytes};
    revision_.clear();
    url_ = file_.url;
    const auto& origin = part_.origin();
    if (origin && !belongs(*origin)) part_.remove();
    resumes_ = origin && part_.size() > 0 && (!origin->entity_tag.empty() || !origin->sha256.empty());
    if (resumes_ && part_.size() == origin->bytes) {
      known_ = *origin;
      return;
    }
    request();
    if (part_.size() < known_.bytes.value_or(0))
      throw TryAgain{fmt::format("{}: the connection ended after {} of {} bytes", shown_url(url_),
                                 part_.size(), *known_.bytes),
                     std::nullopt, false};
  }

  bool belongs(const PartialOrigin& origin) const {
    return origin.url == file_.url && (file_.sha256.empty() || origin.sha256 == file_.sha256) &&
           part_.size() <= origin.bytes.value_or(part_.size());
  }

  void request() {
    HttpRequest request{file_.url,
                        {"Accept-Encoding: identity"},
                        options_.connect_seconds,
                        options_.stall_seconds,
                        options_.max_redirects};
    if (!file_.bearer_token.empty()) request.headers.push_back("Authorization: Bearer " + file_.bearer_token);
    if (resumes_) {
      request.headers.push_back(fmt::format("Range: bytes={}-", part_.size()));
      if (!part_.origin()->entity_tag.empty())
        request.headers.push_back("If-Range: " + part_.origin()->entity_tag);
    }
    try {
      client_.get(request, *this);
    } catch (const HttpError& error) {
      if (error.failure() == HttpFailure::refused) throw;
      throw TryAgain{error.what(), std::nullopt, error.failure() == HttpFailure::unreachable};
    }
  }

  void redirect(const HttpResponse& response) override { read_source(response); }

  void begin(const HttpResponse& response) override {
    read_source(response);
    if (resumes_ && response.status == 206) {
      resume(response);
    } else if (response.status == 200) {
      start(response);
    } else if (resumes_ && response.status == 416) {
      throw StartOver{"the server has fewer bytes than before"};
    } else {
      refuse(response);
    }
    report();
  }

  // Where the response comes from, and what Hugging Face's own origin says of the file.
  void read_source(const HttpResponse& response) {
    url_ = response.url;
    if (origin_of(url_) != origin_of(file_.url)) return;
    if (const auto commit = response.header("x-repo-commit")) revision_ = *commit;
    if (const auto bytes = number_in(response, "x-linked-size")) expect_bytes(*bytes);
    const std::string sha256 = sha256_in(response.header("x-linked-etag").value_or(""));
    if (sha256.empty()) return;
    if (!file_.sha256.empty() && sha256 != file_.sha256)
      throw NetworkError(fmt::format("{}: expected SHA-256 {}, the server has a file with {}",
                                     shown_url(file_.url), file_.sha256, sha256));
    known_.sha256 = sha256;
    if (resumes_ && !part_.origin()->sha256.empty() && part_.origin()->sha256 != sha256)
      throw StartOver{"the file on the server has changed since the last attempt"};
  }

  void expect_bytes(std::int64_t bytes) {
    if (bytes > file_.bytes.value_or(file_.max_bytes) || (file_.bytes && bytes != *file_.bytes))
      throw NetworkError(fmt::format("{}: expected {} {} bytes, the server has {}", shown_url(url_),
                                     file_.bytes ? "exactly" : "at most",
                                     file_.bytes.value_or(file_.max_bytes), bytes));
    known_.bytes = bytes;
  }

  void resume(const HttpResponse& response) {
    const auto range = parse_content_range(response.header("content-range").value_or(""));
    if (!range || range->first != part_.size())
      throw StartOver{"the server sent another part than requested"};
    if (range->total) expect_bytes(*range->total);
    const auto& origin = *part_.origin();
    const std::string tag = strong_tag(response);
    if ((origin.bytes && range->total && *origin.bytes != *range->total) ||
        (!origin.entity_tag.empty() && !tag.empty() && origin.entity_tag != tag))
      throw StartOver{"the file on the server has changed since the last attempt"};
    known_.entity_tag = origin.entity_tag;
    if (known_.sha256.empty()) known_.sha256 = origin.sha256;
    if (!known_.bytes) known_.bytes = origin.bytes;
    expect_space();
  }

  void start(const HttpResponse& response) {
    const std::string encoding = response.header("content-encoding").value_or("identity");
    if (encoding != "identity")
      throw NetworkError(fmt::format("{}: expected uncompressed bytes, the server compresses them ({})",
                                     shown_url(url_), encoding));
    if (const auto bytes = number_in(response, "content-length")) expect_bytes(*bytes);
    const bool ends_by_itself = response.header("transfer-encoding").value_or("").ends_with("chunked");
    if (!known_.bytes && known_.sha256.empty() && !ends_by_itself)
      throw NetworkError(
          fmt::format("{}: expected the server to say how long the file is, got neither length nor hash",
                      shown_url(url_)));
    known_.entity_tag = strong_tag(response);
    resumes_ = false;
    part_.restart(known_);
    expect_space();
  }

  [[noreturn]] void refuse(const HttpResponse& response) const {
    const std::string what =
        fmt::format("{}: expected the file, the server answered {}", shown_url(url_), response.status);
    if (is_passing(response.status)) {
      const auto seconds = number_in(response, "retry-after");
      throw TryAgain{what, seconds ? std::optional(static_cast<double>(*seconds)) : std::nullopt, false};
    }
    throw NetworkError(what + (response.status == 401 || response.status == 403 ? " (no access)"
                               : response.status == 404                         ? " (no such file)"
                                                                                : ""));
  }

  void expect_space() const {
    if (!known_.bytes) return;
    std::error_code unknown;
    const auto space = fs::space(fs::absolute(file_.target).parent_path(), unknown);
    const auto needed = static_cast<std::uintmax_t>(*known_.bytes - part_.size());
    if (!unknown && space.available < needed)
      throw FileError(fmt::format("{}: expected {} free bytes for {}, got {}",
                                  fs::absolute(file_.target).parent_path().string(), needed,
                                  file_.target.filename().string(), space.available));
  }

  void write(std::span<const char> bytes) override {
    const std::int64_t max_size = known_.bytes.value_or(file_.max_bytes);
    if (static_cast<std::int64_t>(bytes.size()) > max_size - part_.size()) {
      part_.remove();
      throw NetworkError(
          fmt::format("{}: expected {} bytes, the server sends more", shown_url(url_), max_size));
    }
    part_.append(bytes);
    report();
  }

  void report() const {
    if (observer_.progress) observer_.progress(part_.size(), known_.bytes);
  }

  DownloadedFile finish() {
    DownloadedFile done{part_.size(), part_.sha256(), HashSource::nothing, revision_};
    if (!known_.sha256.empty()) {
      done.checked_against = file_.sha256.empty() ? HashSource::server : HashSource::caller;
      if (done.sha256 != known_.sha256) {
        if (resumes_) throw StartOver{"the parts from several attempts do not fit together"};
        part_.remove();
        throw CheckpointError(fmt::format("{}: expected SHA-256 {}{}, got {}: the download was removed",
                                          shown_url(file_.url), known_.sha256,
                                          file_.sha256.empty() ? " (as the server says)" : "", done.sha256));
      }
    }
    part_.commit();
    return done;
  }

  const Download& file_;
  const DownloadOptions& options_;
  const DownloadObserver& observer_;
  PartialFile part_;
  HttpClient client_;
  std::string url_;      // the address that answered last
  PartialOrigin known_;  // what is known so far of the file on the server
  std::string revision_;
  bool resumes_ = false;  // continues what an earlier try has left
};

}  // namespace

DownloadedFile download(const Download& file, const DownloadOptions& options,
                        const DownloadObserver& observer) {
  return Downloader(file, options, observer).run();
}

void DownloadOptions::validate() const {
  if (attempts < 1 || !(first_wait_seconds >= 0) || connect_seconds < 1 || stall_seconds < 1 ||
      max_redirects < 0)
    throw InvalidInput(fmt::format(
        "download: expected at least 1 attempt, a first wait of 0 s or more, time-outs of 1 s or more, got {}, {}, {} and {}",
        attempts, first_wait_seconds, connect_seconds, stall_seconds));
}

}  // namespace qamro::io
