#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::io {

// A server's answer before the body.
struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last value of a repeated one

  std::optional<std::string> header(const std::string& lower_case_name) const;
};

struct HttpRequest {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // "Range: bytes=100-"
  int connect_seconds = 30;
  int stall_seconds = 60;  // give up after this long without a byte
};

// Takes a response as it arrives. If a function throws, the request ends and get() rethrows the exception.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  // Called before the body. False: the body is not wanted.
  virtual bool begin(const HttpResponse& response) = 0;
  virtual void write(std::span<const char> bytes) = 0;
};

// Why there is no whole response.
enum class HttpFailure {
  unreachable,  // no such host, no connection
  interrupted,  // cut off or silent for too long: worth another try
  refused,      // an invalid certificate or address: another try is useless
};

class HttpError : public NetworkError {
 public:
  HttpError(HttpFailure failure, const std::string& message) : NetworkError(message), failure_(failure) {}
  HttpFailure failure() const { return failure_; }

 private:
  HttpFailure failure_;
};

// One GET at a time through libcurl, without redirects, retries, cookies or netrc. Proxies are libcurl's
// (https_proxy, http_proxy, all_proxy, no_proxy); certificates are the system's or those in $CURL_CA_BUNDLE,
// $SSL_CERT_FILE or $REQUESTS_CA_BUNDLE. Not for several threads at once.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status counts as a response. Throws HttpError if there is no response or its body is cut short, and
  // whatever the receiver throws.
  HttpResponse get(const HttpRequest& request, HttpReceiver& receiver);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A redirect's `location`, resolved against the address that sent it. Throws HttpError (refused) unless the
// result is an http or https address.
std::string resolve_url(const std::string& base, const std::string& location);

// "https://host:443". Two addresses of the same origin may share a secret.
std::string origin_of(const std::string& url);

// The address for messages: without user, password, query (where signed addresses keep their secrets) and
// fragment. Unchanged if libcurl cannot parse it.
std::string shown_url(const std::string& url);

}  // namespace qamro::io
