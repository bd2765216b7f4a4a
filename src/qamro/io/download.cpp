#include "qamro/io/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/io/content_kind.h"
#include "qamro/io/download_answer.h"
#include "qamro/io/http.h"

namespace qamro::io {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNewCountBytes = 1 << 20;  // an attempt bringing this much resets the failure count
constexpr double kLongestWaitSeconds = 60;
constexpr int kMaxRestarts = 2;

class Downloader : private HttpReceiver {
 public:
  Downloader(const Download& file, const DownloadOptions& options, const DownloadObserver& observer)
      : file_(file), options_(options), observer_(observer), part_(file.target) {
    options.validate();
    if (const auto place = unsendable_character(file.bearer_token, /*spaces=*/false))
      throw InvalidInput(
          fmt::format("the token: expected visible ASCII, got another character as number {}", *place + 1));
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
    starts_ = false;
    content_ = ContentWatch(content_kind_of(file_.target));
    refused_size_.reset();
    const auto& origin = part_.origin();
    if (origin && !belongs(*origin)) part_.remove();
    resumes_ = origin && part_.size() > 0 && (!origin->entity_tag.empty() || !origin->sha256.empty());
    if (resumes_ && part_.size() == origin->bytes) {
      known_ = *origin;
      return;
    }
    request();
    if (starts_ && known_.bytes.value_or(0) == 0) refuse_content();
    if (starts_ || part_.size() < known_.bytes.value_or(0))
      throw TryAgain{fmt::format("{}: the connection ended after {} of {} bytes", shown_url(url_), received(),
                                 *known_.bytes),
                     std::nullopt, false};
  }

  // Of the file that is being received. What an earlier try has left is kept until bytes of another file
  // come.
  std::int64_t received() const { return starts_ ? 0 : part_.size(); }

  bool belongs(const PartialOrigin& origin) const {
    return origin.url == file_.url && !unsendable_character(origin.entity_tag, /*spaces=*/true) &&
           (file_.sha256.empty() || origin.sha256 == file_.sha256) &&
           part_.size() <= origin.bytes.value_or(part_.size());
  }

  void request() {
    HttpRequest request{file_.url,
                        {"Accept-Encoding: identity"},
                        options_.connect_seconds,
                        options_.stall_seconds,
                        options_.min_bytes_per_second,
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
      if (content_.refuses()) refuse_content();
      if (error.failure() == HttpFailure::refused) throw;
      throw TryAgain{error.what(), std::nullopt, error.failure() == HttpFailure::unreachable};
    }
    if (content_.refuses()) refuse_content();
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
      refuse_status(response);
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

  bool is_size_refused(std::int64_t bytes) const {
    return bytes > file_.bytes.value_or(file_.max_bytes) || (file_.bytes && bytes != *file_.bytes);
  }

  void expect_bytes(std::int64_t bytes) {
    if (is_size_refused(bytes))
      throw NetworkError(fmt::format("{}: expected {} {} bytes, the server has {}", shown_url(url_),
                                     file_.bytes ? "exactly" : "at most",
                                     file_.bytes.value_or(file_.max_bytes), bytes));
    known_.bytes = bytes;
  }

  void resume(const HttpResponse& response) {
    const auto range = range_of(response);
    if (!range || range->first != part_.size())
      throw StartOver{"the server sent another part than requested"};
    if (range->total) expect_bytes(*range->total);
    const auto& origin = *part_.origin();
    const std::string tag = strong_tag(response);
    if ((origin.bytes && range->total && *origin.bytes != *range->total) ||
        (!origin.entity_tag.empty() && !tag.empty() && origin.entity_tag != tag) ||
        (origin.sha256.empty() && known_.sha256.empty() && tag.empty()))  // nothing says that it is the same
      throw StartOver{"the file on the server has changed since the last attempt"};
    known_.entity_tag = origin.entity_tag;
    if (known_.sha256.empty()) known_.sha256 = origin.sha256;
    if (!known_.bytes) known_.bytes = origin.bytes;
    expect_space(file_.target, known_.bytes.value_or(0) - received());
  }

  void start(const HttpResponse& response) {
    expect_plain_bytes(response);
    const auto bytes = number_in(response, "content-length");
    if (bytes == 0) refuse_content();
    if (bytes && is_size_refused(*bytes) && is_html(response)) {
      resumes_ = false;
      refused_size_ = *bytes;
      content_.refuse();  // once it has said its title
      return;
    }
    if (bytes) expect_bytes(*bytes);
    if (!known_.bytes && known_.sha256.empty() && !is_chunked(response))
      throw NetworkError(
          fmt::format("{}: expected the server to say how long the file is, got neither length nor hash",
                      shown_url(url_)));
    known_.entity_tag = strong_tag(response);
    resumes_ = false;
    starts_ = true;
    expect_space(file_.target, known_.bytes.value_or(0) - received());
  }

  // What came is not the file. Nothing of it is kept.
  [[noreturn]] void refuse_content() {
    if (refused_size_ && !content_.has_web_page()) expect_bytes(*refused_size_);
    throw NetworkError(
        fmt::format("{} from {}: {}", file_.target.filename().string(), shown_url(url_), content_.refusal()));
  }

  void write(std::span<const char> bytes) override {
    if (bytes.empty()) return;
    if (!resumes_ && !content_.accepts(bytes)) {
      if (!starts_ && !refused_size_) part_.remove();
      if (content_.knows_all()) refuse_content();
      return;
    }
    if (std::exchange(starts_, false)) part_.restart(known_);
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
    if (observer_.progress) observer_.progress(received(), known_.bytes);
  }

  // A part that an earlier try has left may be of another kind.
  void expect_content() {
    const auto refusal = content_refusal(content_kind_of(file_.target), part_.path());
    if (!refusal) return;
    if (resumes_) throw StartOver{*refusal};
    part_.remove();
    throw NetworkError(
        fmt::format("{} from {}: {}", file_.target.filename().string(), shown_url(url_), *refusal));
  }

  DownloadedFile finish() {
    if (file_.sha256.empty()) expect_content();
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
  ContentWatch content_{ContentKind::other};  // what has come of a whole file
  HttpClient client_;
  std::string url_;      // the address that answered last
  PartialOrigin known_;  // what is known so far of the file on the server
  std::string revision_;
  bool resumes_ = false;  // continues what an earlier try has left
  bool starts_ = false;   // a whole file begins, of which no byte has come
  std::optional<std::int64_t> refused_size_;
};

}  // namespace

DownloadedFile download(const Download& file, const DownloadOptions& options,
                        const DownloadObserver& observer) {
  return Downloader(file, options, observer).run();
}

void DownloadOptions::validate() const {
  if (attempts < 1 || !(first_wait_seconds >= 0) || connect_seconds < 1 || stall_seconds < 1 ||
      min_bytes_per_second < 1 || max_redirects < 0)
    throw InvalidInput(fmt::format(
        "download: expected at least 1 attempt, a first wait of 0 s or more, time-outs of 1 s or more and a minimum rate of 1 byte/s or more, got {}, {}, {}, {} and {}",
        attempts, first_wait_seconds, connect_seconds, stall_seconds, min_bytes_per_second));
}

}  // namespace qamro::io
