#include "qamro/io/jsonl.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/io/text_file.h"

namespace qamro::io {
namespace {

using Json = nlohmann::ordered_json;

// nlohmann parses any depth, but copies and prints values by recursion.
constexpr int kMaxLineDepth = 100;

// Calls visit(position) for every character that is not inside a string.
template <typename Visit>
void for_each_outside_strings(std::string_view text, const Visit& visit) {
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') in_string = !in_string;
    if (in_string && text[i] == '\\') ++i;
    if (!in_string) visit(i);
  }
}

bool too_deep(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  for_each_outside_strings(text, [&](std::size_t i) {
    if (text[i] == '[' || text[i] == '{') deepest = std::max(deepest, ++depth);
    if (text[i] == ']' || text[i] == '}') --depth;
  });
  return deepest > kMaxLineDepth;
}

std::string nan_to_null(std::string_view text) {
  std::vector<std::size_t> found;
  for_each_outside_strings(text, [&](std::size_t i) {
    if (text.substr(i, 3) == "NaN") found.push_back(i);
  });
  std::string changed(text);
  for (std::size_t i = found.size(); i-- > 0;) changed.replace(found[i], 3, "null");
  return changed;
}

// nlohmann's message without its "[json.exception...] parse error at line 1, column N: ".
std::string reason(const Json::exception& error) {
  const std::string_view text = error.what();
  const std::size_t column = text.find("column ");
  const std::size_t colon = text.find(": ", column == std::string_view::npos ? 0 : column);
  return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}

Json parse_line(std::string_view text, const std::string& where) {
  if (too_deep(text))
    throw InvalidInput(
        fmt::format("{}: expected JSON at most {} levels deep, got more", where, kMaxLineDepth));
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    if (text.find("NaN") != std::string_view::npos) {
      Json value = Json::parse(nan_to_null(text), nullptr, /*allow_exceptions=*/false);
      if (!value.is_discarded()) return value;
    }
    const auto* parse_error = dynamic_cast<const Json::parse_error*>(&error);
    throw InvalidInput(fmt::format("{}:{}: expected JSON, got {}", where,
                                   parse_error == nullptr ? 1 : parse_error->byte, reason(error)));
  }
}

}  // namespace

JsonlReader::JsonlReader(const std::filesystem::path& path)
    : file_(open_input(path)), stream_(file_.get()), name_(path.string()) {}

JsonlReader::JsonlReader(std::istream& stream, std::string name) : stream_(&stream), name_(std::move(name)) {}

std::string JsonlReader::where(std::size_t line) const {
  return fmt::format("{}:{}", name_, line);
}

bool JsonlReader::next(JsonlRow& row) {
  for (std::string line; std::getline(*stream_, line);) {
    ++line_;
    const std::string_view text = line_ == 1 ? without_byte_order_mark(line) : line;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    row.line = line_;
    row.value = parse_line(text, where(line_));
    return true;
  }
  if (stream_->bad()) throw FileError(fmt::format("{}: cannot be read", where(line_ + 1)));
  return false;
}

}  // namespace qamro::io
