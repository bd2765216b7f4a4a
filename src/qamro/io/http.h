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

// What a server said before the body.
struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; of a repeated one the last value

  std::optional<std::string> header(const std::string& lower_case_name) const;
};

struct HttpRequest {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // "Range: bytes=100-"
  int connect_seconds = 30;
  int stall_seconds = 60;  // given up after so long without a byte
};

// Takes a response as it arrives. Both may throw: that ends the request, and get() throws it on.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  // Before the body. False: the body is not wanted.
  virtual bool begin(const HttpResponse& response) = 0;
  virtual void write(std::span<const char> bytes) = 0;
};

// Why there is no whole response.
enum class HttpFailure {
  unreachable,  // no such host, no connection
  interrupted,  // cut off, silent for too long: worth another try
  refused,      // a certificate that does not hold, an address that is none: no use in trying again
};

class HttpError : public NetworkError {
 public:
  HttpError(HttpFailure failure, const std::string& message) : NetworkError(message), failure_(failure) {}
  HttpFailure failure() const { return failure_; }

 private:
  HttpFailure failure_;
};

// One GET at a time through libcurl: no redirect is followed, nothing is tried twice, no cookies, no netrc.
// Proxies are libcurl's (https_proxy, http_proxy, all_proxy, no_proxy); certificates are the system's or
// those of $CURL_CA_BUNDLE, $SSL_CERT_FILE or $REQUESTS_CA_BUNDLE. Not for several threads at once.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is a response. Throws HttpError when there is none, or its body is cut short, and what the
  // receiver throws.
  HttpResponse get(const HttpRequest& request, HttpReceiver& receiver);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// `location` of a redirect, as seen from the address that sent it. Throws HttpError (refused) for what is no
// http or https address.
std::string resolve_url(const std::string& base, const std::string& location);

// "https://host:443": two addresses of one origin may share a secret.
std::string origin_of(const std::string& url);

// For messages: without user, password, query (which signed addresses keep their secrets in) and fragment.
std::string shown_url(const std::string& url);

}  // namespace qamro::io
