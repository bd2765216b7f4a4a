#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "qamro/io/http.h"

// What headers of a file's response say.
namespace qamro::io {

// A header that is a number from 0, such as content-length; empty if it is missing or something else.
std::optional<std::int64_t> number_in(const HttpResponse& response, const std::string& lower_case_name);

// The bytes that a partial response brings.
struct ContentRange {
  std::int64_t first = 0;
  std::optional<std::int64_t> total;  // of the whole file

  bool operator==(const ContentRange&) const = default;
};

// "bytes 100-199/200"; the total may be "*". Empty for any other text.
std::optional<ContentRange> parse_content_range(const std::string& text);

// The SHA-256 in an ETag of Hugging Face; "" for any other tag.
std::string sha256_in(const std::string& entity_tag);

// The ETag if it is strong, else "". Only a strong one promises the same bytes.
std::string strong_tag(const HttpResponse& response);

}  // namespace qamro::io
