#include "qamro/io/content_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>

#include "qamro/core/error.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/text_file.h"

namespace qamro::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxTitle = 80;
constexpr std::size_t kMaxNames = 4'000'000;  // a vocabulary has one per token
constexpr std::string_view kSpaces = " \t\r\n";

// Without a byte order mark and spaces at the start.
std::string_view text_of(std::string_view bytes) {
  bytes = without_byte_order_mark(bytes);
  bytes.remove_prefix(std::min(bytes.find_first_not_of(kSpaces), bytes.size()));
  return bytes;
}

bool begins_alike(std::string_view bytes, std::string_view signature) {
  const auto common = std::min(bytes.size(), signature.size());
  return bytes.substr(0, common) == signature.substr(0, common);
}

bool may_be_pickle(std::string_view bytes) {
  constexpr int kMaxProtocol = 5;
  return bytes[0] == '\x80' && (bytes.size() < 2 || (bytes[1] >= 1 && bytes[1] <= kMaxProtocol));
}

std::uint64_t header_length(std::string_view bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

bool may_be_safetensors(std::string_view bytes) {
  if (bytes.size() < 8) return true;
  const std::uint64_t length = header_length(bytes);
  return length >= 2 && length <= kMaxSafetensorsHeader && (bytes.size() < 9 || bytes[8] == '{');
}

// "" if there is none.
std::string title_of(std::string_view page) {
  const std::string text = lower_case(page);
  auto begin = text.find("<title");
  if (begin != text.npos) begin = text.find('>', begin);
  if (begin == text.npos) return "";
  std::string title;
  for (const char letter : page.substr(begin + 1, text.find("</title", begin) - begin - 1)) {
    const bool is_space = static_cast<unsigned char>(letter) <= ' ' || letter == '\x7f';
    if (!is_space) title += letter;
    if (is_space && !title.empty() && title.back() != ' ') title += ' ';
  }
  while (title.ends_with(' ')) title.pop_back();
  if (title.size() <= kMaxTitle) return title;
  std::size_t end = kMaxTitle;  // not inside of a character of UTF-8
  while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xC0U) == 0x80U) --end;
  return title.substr(0, end) + "…";
}

std::string first_bytes(std::string_view bytes) {
  constexpr std::size_t kShown = 16;
  std::string text;
  for (const char byte : bytes.substr(0, kShown))
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<unsigned char>(byte));
  return text;
}

struct Signature {
  std::string_view bytes;
  const char* words;
};
constexpr std::array<Signature, 7> kSignatures = {{{"version https://git-lfs", "a Git LFS pointer"},
                                                   {"PK\x03\x04", "a zip archive"},
                                                   {"\x1f\x8b", "gzip"},
                                                   {"%PDF", "a PDF"},
                                                   {"<?xml", "XML"},
                                                   {"{", "JSON"},
                                                   {"[", "JSON"}}};

std::string read_head(const fs::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw FileError(describe_errno(file.string(), errno));
  std::string head(kHeadBytes, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stream.gcount()));
  return head;
}

std::string refusal_of(ContentKind kind, std::string_view head) {
  return fmt::format("expected {}, got {}{}", in_words(kind), content_in_words(head),
                     is_web_page(head) ? " (does the network or the server want a login?)" : "");
}

}  // namespace

ContentKind content_kind_of(const fs::path& name) {
  const std::string extension = lower_case(name.extension().string());
  if (extension == ".pt" || extension == ".pth" || extension == ".bin" || extension == ".ckpt")
    return ContentKind::torch;
  if (extension == ".safetensors") return ContentKind::safetensors;
  return extension == ".json" ? ContentKind::json : ContentKind::other;
}

std::string_view in_words(ContentKind kind) {
  switch (kind) {
    case ContentKind::torch:
      return "a zip archive or a pickle";
    case ContentKind::safetensors:
      return "a safetensors file";
    case ContentKind::json:
      return "JSON";
    case ContentKind::other:
      break;
  }
  return "the file";
}

bool may_begin(ContentKind kind, std::string_view bytes) {
  if (bytes.empty()) return false;
  switch (kind) {
    case ContentKind::torch:
      return begins_alike(bytes, "PK\x03\x04") || may_be_pickle(bytes);
    case ContentKind::safetensors:
      return may_be_safetensors(bytes);
    case ContentKind::json: {
      const std::string_view text = text_of(bytes);
      return text.empty() || text[0] == '{' || text[0] == '[';
    }
    case ContentKind::other:
      break;
  }
  return !is_web_page(bytes);
}

bool is_web_page(std::string_view bytes) {
  constexpr std::array<std::string_view, 6> kFirstTags = {"<!doctype html", "<html", "<head",
                                                          "<title",         "<body", "<script"};
  const std::string text = lower_case(text_of(bytes.substr(0, kHeadBytes)));
  if (std::ranges::any_of(kFirstTags, [&](auto tag) { return text.starts_with(tag); })) return true;
  const bool may_follow = text.starts_with("<!--") || text.starts_with("<?xml");
  return may_follow && text.find("<html") != text.npos;
}

bool shows_title(std::string_view bytes) {
  if (bytes.size() >= kHeadBytes) return true;
  const std::string text = lower_case(bytes);
  return text.find("</title") != text.npos || text.find("<body") != text.npos;
}

std::string content_in_words(std::string_view bytes) {
  if (bytes.empty()) return "no bytes";
  if (is_web_page(bytes)) {
    const std::string title = title_of(bytes);
    return fmt::format("an HTML page {}",
                       title.empty() ? "without a title" : fmt::format("titled '{}'", title));
  }
  const std::string_view text = text_of(bytes);
  for (const Signature& signature : kSignatures)
    if (text.starts_with(signature.bytes)) return signature.words;
  const auto line = text.substr(0, std::min<std::size_t>(text.find_first_of("\r\n"), 60));
  const auto is_printable = [](char letter) { return letter >= ' ' && letter <= '~'; };
  if (!line.empty() && std::ranges::all_of(line, is_printable)) return fmt::format("text, '{}'", line);
  return "bytes " + first_bytes(bytes);
}

std::optional<std::string> content_refusal(ContentKind kind, const fs::path& file) {
  const std::string head = read_head(file);
  if (!may_begin(kind, head)) return refusal_of(kind, head);
  if (kind == ContentKind::safetensors) {
    const auto bytes = fs::file_size(file);
    if (bytes < 8 || header_length(head) > bytes - 8)
      return fmt::format("expected a safetensors file, got {} bytes without a whole header", bytes);
  }
  if (kind != ContentKind::json) return std::nullopt;
  try {
    check_json(read_bytes(*open_input(file), file.string()), file.string(), {.names = kMaxNames});
    return std::nullopt;
  } catch (const CheckpointError& error) {
    return std::string(error.what()).substr(file.string().size() + 2);  // "FILE: expected JSON, got …"
  }
}

bool ContentWatch::accepts(std::span<const char> bytes) {
  constexpr std::size_t kEnough = 4096;
  if (!refuses_ && bytes_.size() >= kEnough) return true;
  bytes_.append(bytes.begin(), bytes.end());
  refuses_ = refuses_ || !may_begin(kind_, bytes_);
  return !refuses_;
}

bool ContentWatch::knows_all() const {
  constexpr std::size_t kEnough = 512;  // for whether it is a page
  return is_web_page(bytes_) ? shows_title(bytes_) : bytes_.size() >= kEnough;
}

std::string ContentWatch::refusal() const {
  return refusal_of(kind_, bytes_);
}

}  // namespace qamro::io
