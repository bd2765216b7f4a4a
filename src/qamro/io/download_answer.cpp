#include "qamro/io/download_answer.h"

#include <fmt/format.h>

namespace qamro::io {
namespace {

// 511: the network wants a login, which no other try brings.
bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 511);
}

const char* advice_on(int status) {
  if (status == 401 || status == 403) return " (no access)";
  if (status == 404) return " (no such file)";
  return status == 511 ? " (the network wants a login)" : "";
}

}  // namespace

void refuse_status(const HttpResponse& response) {
  const std::string what =
      fmt::format("{}: expected the file, the server answered {}", shown_url(response.url), response.status);
  if (!is_passing(response.status)) throw NetworkError(what + advice_on(response.status));
  const auto seconds = number_in(response, "retry-after");
  throw TryAgain{what, seconds ? std::optional(static_cast<double>(*seconds)) : std::nullopt, false};
}

std::optional<ContentRange> range_of(const HttpResponse& response) {
  const std::string text = response.header("content-range").value_or("");
  const auto range = parse_content_range(text);
  if (range && !is_consistent(*range, response))
    throw NetworkError(fmt::format(
        "{}: expected a Content-Range within its total and as long as the Content-Length, got '{}' and {}",
        shown_url(response.url), text, response.header("content-length").value_or("none")));
  return range;
}

void expect_plain_bytes(const HttpResponse& response) {
  const std::string encoding = response.header("content-encoding").value_or("identity");
  if (encoding != "identity")
    throw NetworkError(fmt::format("{}: expected uncompressed bytes, the server compresses them ({})",
                                   shown_url(response.url), encoding));
}

bool is_html(const HttpResponse& response) {
  return response.header("content-type").value_or("").starts_with("text/html");
}

bool is_chunked(const HttpResponse& response) {
  return response.header("transfer-encoding").value_or("").ends_with("chunked");
}

void expect_space(const std::filesystem::path& target, std::int64_t bytes) {
  namespace fs = std::filesystem;
  std::error_code unknown;
  const fs::path folder = fs::absolute(target).parent_path();
  const auto space = fs::space(folder, unknown);
  if (!unknown && space.available < static_cast<std::uintmax_t>(bytes))
    throw FileError(fmt::format("{}: expected {} free bytes for {}, got {}", folder.string(), bytes,
                                target.filename().string(), space.available));
}

}  // namespace qamro::io
