#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qamro::io {

// What a file's name says about its bytes.
enum class ContentKind {
  torch,        // .pt, .pth, .bin, .ckpt: a zip archive or a pickle
  safetensors,  // .safetensors: the length of a header, then JSON
  json,         // .json: an object or a list
  other,        // .txt, .model and the rest: anything but nothing and a web page
};

// Bytes of a safetensors header: the limit of the format's own reader.
inline constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

ContentKind content_kind_of(const std::filesystem::path& name);

// "a zip archive or a pickle"
std::string_view in_words(ContentKind kind);

// Whether a file of that kind may begin with these bytes, 1 or more. The more there are, the more is known;
// a few kilobytes are enough.
bool may_begin(ContentKind kind, std::string_view bytes);

// Whether bytes that a server sent are a web page: a login, a captive portal, an error.
bool is_web_page(std::string_view bytes);

// Whether more bytes of a web page would not change what content_in_words() says.
bool shows_title(std::string_view bytes);

// What bytes from a file's start are: "an HTML page titled 'Log in'", "a Git LFS pointer", "no bytes".
std::string content_in_words(std::string_view bytes);

// Why a whole file is not of its name's kind: "expected a zip archive or a pickle, got an HTML page titled
// 'Log in'". Nothing if it may be. Reads the start, and JSON whole. Throws FileError.
std::optional<std::string> content_refusal(ContentKind kind, const std::filesystem::path& file);

// Looks at a file's first bytes as they come.
class ContentWatch {
 public:
  explicit ContentWatch(ContentKind kind) : kind_(kind) {}

  // Takes bytes; false from the first that shows another kind.
  bool accepts(std::span<const char> bytes);
  // What comes is refused, whatever it is.
  void refuse() { refuses_ = true; }
  bool refuses() const { return refuses_; }
  // Whether more bytes would not change refusal().
  bool knows_all() const;
  // "expected JSON, got an HTML page titled 'Log in' (…)".
  std::string refusal() const;
  bool has_web_page() const { return is_web_page(bytes_); }

 private:
  ContentKind kind_;
  std::string bytes_;
  bool refuses_ = false;
};

}  // namespace qamro::io
