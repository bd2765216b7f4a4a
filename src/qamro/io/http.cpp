#include "qamro/io/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <utility>

#include "qamro/core/version.h"
#include "qamro/io/text_file.h"

namespace qamro::io {
namespace {

HttpFailure failure_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return HttpFailure::unreachable;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR:
      return HttpFailure::interrupted;
    default:
      return HttpFailure::refused;
  }
}

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

// Parses `text`, relative to `base` unless that is "". Throws HttpError.
Url parse_url(const std::string& text, const std::string& base = "") {
  Url url(curl_url(), &curl_url_cleanup);
  if (!base.empty()) curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0);
  // Schemes that libcurl was not built with already fail here.
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_URLENCODE);
  if (code != CURLUE_OK)
    throw HttpError(HttpFailure::refused, fmt::format("expected an http or https address, got '{}' ({})",
                                                      text, curl_url_strerror(code)));
  return url;
}

std::string part(const Url& url, CURLUPart which, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

const char* certificate_file() {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"})
    if (const char* file = std::getenv(name); file != nullptr && *file != '\0') return file;
  return nullptr;
}

// Throws HttpError unless a redirect from `from` to `to` keeps to http and https, and to https once there.
void check_redirect(const std::string& from, const std::string& to) {
  const Url target = parse_url(to, from);
  const std::string scheme = part(target, CURLUPART_SCHEME);
  const std::string shown = shown_url(part(target, CURLUPART_URL));
  if (scheme != "http" && scheme != "https")
    throw HttpError(HttpFailure::refused, fmt::format("expected an http or https address, got '{}'", shown));
  if (from.starts_with("https:") && scheme != "https")
    throw HttpError(HttpFailure::refused,
                    fmt::format("{}: refused a redirect from https to {}", shown_url(from), shown));
}

std::string effective_url(CURL* curl) {
  const char* url = nullptr;
  curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &url);
  return url == nullptr ? "" : url;
}

// A length may be said twice, as two headers or a list, if it is the same one (RFC 9110, 8.6). Throws
// HttpError.
void take_length(HttpResponse& response, std::string_view text) {
  constexpr const char* kName = "content-length";
  const auto refuse = [&](const std::string& what) {
    throw HttpError(HttpFailure::refused,
                    fmt::format("{}: Content-Length: expected {}", shown_url(response.url), what));
  };
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view entry = text.substr(begin, end - begin);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    const auto number = parse_number(entry);
    if (!number) refuse(fmt::format("a number of bytes, got '{}'", entry.substr(0, 40)));
    const auto before = number_in(response, kName);
    if (before && *before != *number) refuse(fmt::format("one length, got {} and {}", *before, *number));
    response.headers[kName] = std::to_string(*number);
    begin = end + 1;
  }
}

HttpResponse read_response(CURL* curl, long status) {
  HttpResponse response{effective_url(curl), static_cast<int>(status), {}};
  for (curl_header* header = nullptr;
       (header = curl_easy_nextheader(curl, CURLH_HEADER, -1, header)) != nullptr;)
    if (const std::string name = lower_case(header->name); name == "content-length")
      take_length(response, header->value);
    else
      response.headers[name] = header->value;
  return response;
}

// State of the request in progress, for libcurl's callbacks.
struct Transfer {
  CURL* curl;
  HttpReceiver& receiver;
  bool begun = false;
  std::exception_ptr failure = nullptr;

  // Calls `action`. False if it threw; get() then rethrows the exception.
  template <typename Action>
  bool guarded(const Action& action) {
    try {
      action();
      return true;
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  }

  // Called after the headers of each response.
  void begin() {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || std::exchange(begun, true)) return;  // "100 Continue"
    const HttpResponse response = read_response(curl, status);
    const std::string location = response.header("location").value_or("");
    if (status < 300 || status >= 400 || location.empty()) return receiver.begin(response);
    check_redirect(response.url, location);
    receiver.redirect(response);
  }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* pointer) {
  auto& transfer = *static_cast<Transfer*>(pointer);
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) transfer.begun = false;
  const bool is_end = line == "\r\n" || line == "\n";
  return !is_end || transfer.guarded([&] { transfer.begin(); }) ? size : 0;  // 0 ends the request
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* pointer) {
  auto& transfer = *static_cast<Transfer*>(pointer);
  return transfer.guarded([&] { transfer.receiver.write({data, size}); }) ? size : 0;
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl() : curl_(nullptr, &curl_easy_cleanup) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started == CURLE_OK) curl_.reset(curl_easy_init());
    if (!curl_) throw Error("http: libcurl could not start");
  }

  void get(const HttpRequest& request, HttpReceiver& receiver) {
    Transfer transfer{curl_.get(), receiver};
    std::array<char, CURL_ERROR_SIZE> reason = {};
    const auto headers = header_list(request);
    set_up(request, transfer, headers.get(), reason.data());
    const CURLcode code = curl_easy_perform(curl_.get());
    if (transfer.failure) std::rethrow_exception(transfer.failure);
    if (code == CURLE_TOO_MANY_REDIRECTS)
      throw HttpError(HttpFailure::refused, fmt::format("{}: more than {} redirects", shown_url(request.url),
                                                        request.max_redirects));
    if (code != CURLE_OK)
      throw HttpError(failure_of(code),
                      fmt::format("{}: {}", shown_url(effective_url(curl_.get())),
                                  reason[0] != '\0' ? reason.data() : curl_easy_strerror(code)));
    transfer.begin();  // a response whose headers did not end
  }

 private:
  using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

  static Headers header_list(const HttpRequest& request) {
    curl_slist* list = nullptr;
    for (const auto& header : request.headers) {
      if (unsendable_character(header, /*spaces=*/true))  // its value may be a secret
        throw InvalidInput(
            fmt::format("http: expected a header {} of visible ASCII, got other characters in it",
                        header.substr(0, header.find(':'))));
    }
    for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
    return {list, &curl_slist_free_all};
  }

  void set_up(const HttpRequest& request, Transfer& transfer, curl_slist* headers, char* reason) {
    CURL* curl = curl_.get();
    curl_easy_reset(curl);  // connections stay open
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, static_cast<long>(request.max_redirects));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, fmt::format("qamro/{}", version()).c_str());
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(request.connect_seconds));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(request.min_bytes_per_second));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_seconds));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    if (const char* file = certificate_file()) curl_easy_setopt(curl, CURLOPT_CAINFO, file);
  }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
};

std::optional<std::string> HttpResponse::header(const std::string& lower_case_name) const {
  const auto entry = headers.find(lower_case_name);
  return entry == headers.end() ? std::nullopt : std::optional(entry->second);
}

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::~HttpClient() = default;

void HttpClient::get(const HttpRequest& request, HttpReceiver& receiver) {
  impl_->get(request, receiver);
}

std::string origin_of(const std::string& url) {
  const Url parsed = parse_url(url);
  return fmt::format("{}://{}:{}", part(parsed, CURLUPART_SCHEME), lower_case(part(parsed, CURLUPART_HOST)),
                     part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

std::string shown_url(const std::string& url) {
  const Url parsed(curl_url(), &curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return url;
  for (const auto which : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT})
    curl_url_set(parsed.get(), which, nullptr, 0);
  return part(parsed, CURLUPART_URL);
}

}  // namespace qamro::io
