#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::io {

// A server's answer before the body.
struct HttpResponse {
  std::string url;  // the address that answered, after the redirects so far
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last value of a repeated one

  std::optional<std::string> header(const std::string& lower_case_name) const;
};

struct HttpRequest {
  std::string url;  // http or https
  std::vector<std::string>
      headers;  // "Range: bytes=100-"; Authorization is sent to the url's own origin only
  int connect_seconds = 30;
  int stall_seconds = 60;  // give up after this long below the minimum rate
  int min_bytes_per_second = 1;
  int max_redirects = 10;
};

// Takes a response as it arrives. If a function throws, the request ends and get() rethrows the exception.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  // Called for each redirect that is followed. Its body is skipped.
  virtual void redirect(const HttpResponse& response) = 0;
  // Called before the body of the last response.
  virtual void begin(const HttpResponse& response) = 0;
  virtual void write(std::span<const char> bytes) = 0;
};

// Why there is no whole response.
enum class HttpFailure {
  unreachable,  // no such host, no connection
  interrupted,  // cut off or silent for too long: worth another try
  refused,      // an invalid certificate, address or redirect: another try is useless
};

class HttpError : public NetworkError {
 public:
  HttpError(HttpFailure failure, const std::string& message) : NetworkError(message), failure_(failure) {}
  HttpFailure failure() const { return failure_; }

 private:
  HttpFailure failure_;
};

// One GET at a time through libcurl, which follows redirects to http and https, but never from https to http.
// No retries, cookies or netrc. Proxies are libcurl's (https_proxy, http_proxy, all_proxy, no_proxy);
// certificates are the system's or those in $CURL_CA_BUNDLE, $SSL_CERT_FILE or $REQUESTS_CA_BUNDLE. Not for
// several threads at once.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status counts as a response. Throws HttpError if there is no response, its body is cut short or a
  // redirect is not allowed, whatever the receiver throws, and InvalidInput for a header of the request with
  // a control character. A response with two different lengths, or with one that is no number, is refused.
  void get(const HttpRequest& request, HttpReceiver& receiver);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// "https://host:443". Two addresses of the same origin may share a secret.
std::string origin_of(const std::string& url);

// The address for messages: without user, password, query (where signed addresses keep their secrets) and
// fragment. Unchanged if libcurl cannot parse it.
std::string shown_url(const std::string& url);

// What headers of a file's response say (http_fields.cpp).

// Digits that are a number from 0; empty for any other text.
std::optional<std::int64_t> parse_number(std::string_view text);

// A header that is a number from 0, such as content-length; empty if it is missing or something else.
std::optional<std::int64_t> number_in(const HttpResponse& response, const std::string& lower_case_name);

// The bytes that a partial response brings.
struct ContentRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::optional<std::int64_t> total;  // of the whole file

  bool operator==(const ContentRange&) const = default;
};

// "bytes 100-199/200"; the total may be "*". Empty for any other text.
std::optional<ContentRange> parse_content_range(const std::string& text);

// Whether the range has a byte, lies within its total, and is as long as the response's content-length, if it
// has one.
bool is_consistent(const ContentRange& range, const HttpResponse& response);

// Where the first character of a text stands that no header may hold (anything but visible ASCII, spaces and
// tabs if `spaces`); nothing if all may.
std::optional<std::size_t> unsendable_character(std::string_view text, bool spaces);

// The SHA-256 in an ETag of Hugging Face; "" for any other tag.
std::string sha256_in(const std::string& entity_tag);

// The ETag if it is strong and can be sent back, else "". Only a strong one promises the same bytes.
std::string strong_tag(const HttpResponse& response);

}  // namespace qamro::io
