#include "qamro/io/jsonl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

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

// A JSON string of the string literal at `position`, which Python may write with either quote; moves
// `position` behind it.
std::string json_string(std::string_view text, std::size_t& position) {
  const char quote = text[position++];
  std::string result = "\"";
  for (; position < text.size() && text[position] != quote; ++position) {
    const std::string_view escape = text.substr(position, 2);
    if (escape == "\\'") {
      result += '\'';
      ++position;
    } else if (escape == "\\x") {
      result += "\\u00";
      ++position;
    } else if (escape.starts_with('\\')) {
      result += escape;
      ++position;
    } else {
      result += text[position] == '"' ? "\\\"" : std::string(1, text[position]);
    }
  }
  ++position;
  return result + '"';
}

// A line as JSON if Python has printed it, as a dictionary or with json's words for what is no number: NaN
// becomes null, and infinity a string, which no reader takes for a number.
std::string without_python(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kWords = {
      {{"None", "null"},
       {"True", "true"},
       {"False", "false"},
       {"NaN", "null"},
       {"nan", "null"},
       {"-Infinity", "\"-inf\""},
       {"Infinity", "\"inf\""},
       {"-inf", "\"-inf\""},
       {"inf", "\"inf\""},
       {"-nan", "null"}}};
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"' || text[i] == '\'') {
      result += json_string(text, i);
      continue;
    }
    const auto* const word = std::find_if(kWords.begin(), kWords.end(), [&](const auto& entry) {
      return text.substr(i).starts_with(entry.first);
    });
    result += word == kWords.end() ? text.substr(i, 1) : word->second;
    i += word == kWords.end() ? 1 : word->first.size();
  }
  return result;
}

// nlohmann's message without its "[json.exception...] parse error at line 1, column N: ".
std::string reason(const Json::exception& error) {
  const std::string_view text = error.what();
  const std::size_t column = text.find("column ");
  const std::size_t colon = text.find(": ", column == std::string_view::npos ? 0 : column);
  return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}

void check_depth(std::string_view text, const std::string& where) {
  if (too_deep(text))
    throw InvalidInput(
        fmt::format("{}: expected JSON at most {} levels deep, got more", where, kMaxLineDepth));
}

Json parse_line(std::string_view text, const std::string& where) {
  check_depth(text, where);
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    const std::string rewritten = without_python(text);
    check_depth(rewritten, where);  // of which another part may be inside strings
    Json value = Json::parse(rewritten, nullptr, /*allow_exceptions=*/false);
    if (!value.is_discarded()) return value;
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
