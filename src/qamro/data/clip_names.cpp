#include "qamro/data/clip_names.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "qamro/data/audio_folder.h"
#include "qamro/io/text_file.h"

namespace qamro::data {
namespace {

constexpr std::size_t kTwice = kNoMatch - 1;  // a name that two rows have

// Names that mean the same, and the row that has them; kTwice if several rows do.
using Rows = std::unordered_map<std::string, std::size_t>;

void add(Rows& rows, std::string name, std::size_t row) {
  const auto [found, is_new] = rows.emplace(std::move(name), row);
  if (!is_new && found->second != row) found->second = kTwice;
}

// Bytes that are no UTF-8 stay as they are.
std::string composed(std::string_view text) {
  utf8proc_uint8_t* result = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &result,
                                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(result, &std::free);
  if (length < 0) return std::string(text);
  return {reinterpret_cast<const char*>(result), static_cast<std::size_t>(length)};
}

std::string without_ending(const std::string& path) {
  if (!has_audio_extension(path)) return path;
  return path.substr(0, path.rfind('.'));
}

std::size_t parts_of(std::string_view path) {
  return 1 + static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

// The last `parts` parts; the whole path if it has no more.
std::string_view end_of(std::string_view path, std::size_t parts) {
  std::size_t at = path.size();
  while (parts-- > 0) {
    at = path.rfind('/', at == 0 ? 0 : at - 1);
    if (at == std::string_view::npos) return path;
  }
  return path.substr(at + 1);
}

bool are_in_one_folder(const std::vector<std::string>& paths) {
  const auto folder = [](const std::string& path) { return path.substr(0, path.rfind('/') + 1); };
  return std::ranges::all_of(paths,
                             [&](const std::string& path) { return folder(path) == folder(paths.front()); });
}

// One list of names against another: those whose forms are the same.
class Matcher {
 public:
  Matcher(std::vector<std::string> names, std::vector<std::string> others, std::vector<std::size_t>& rows)
      : names_(std::move(names)), others_(std::move(others)), rows_(rows), is_taken_(others_.size()) {
    for (const std::size_t row : rows_)
      if (row != kNoMatch) is_taken_[row] = true;
  }

  void match_whole() {
    match([](const std::string& path) { return path; }, [](std::size_t, std::size_t) { return true; });
  }

  void match_without_endings() {
    for (auto* list : {&names_, &others_})
      for (std::string& path : *list) path = without_ending(path);
    match_whole();
  }

  void match_ends() {
    std::size_t most = 1;
    for (const auto* list : {&names_, &others_})
      for (const std::string& path : *list) most = std::max(most, parts_of(path));
    const bool one_folder_each = are_in_one_folder(names_) && are_in_one_folder(others_);
    for (std::size_t parts = std::min<std::size_t>(most, 64); parts > 0; --parts)
      match([&](const std::string& path) { return std::string(end_of(path, parts)); },
            [&](std::size_t name, std::size_t other) {
              const std::size_t shortest = std::min(parts_of(names_[name]), parts_of(others_[other]));
              return shortest == 1 || one_folder_each || (parts > 1 && shortest >= parts);
            });
  }

 private:
  template <typename Form, typename Accept>
  void match(const Form& form, const Accept& accept) {
    if (std::ranges::find(rows_, kNoMatch) == rows_.end()) return;
    Rows ours, theirs;
    for (std::size_t i = 0; i < names_.size(); ++i) add(ours, form(names_[i]), i);
    for (std::size_t i = 0; i < others_.size(); ++i) add(theirs, form(others_[i]), i);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (rows_[i] != kNoMatch) continue;
      const std::string name = form(names_[i]);
      const auto other = theirs.find(name);
      if (ours.at(name) == kTwice || other == theirs.end() || other->second == kTwice) continue;
      if (is_taken_[other->second] || !accept(i, other->second)) continue;
      rows_[i] = other->second;
      is_taken_[other->second] = true;
    }
  }

  std::vector<std::string> names_;
  std::vector<std::string> others_;
  std::vector<std::size_t>& rows_;
  std::vector<bool> is_taken_;
};

std::vector<std::string> plain_paths(const std::vector<std::string>& paths) {
  std::vector<std::string> plain;
  plain.reserve(paths.size());
  for (const std::string& path : paths) plain.push_back(plain_path(path));
  return plain;
}

// Levenshtein's.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j)
      diagonal = std::exchange(row[j + 1],
                               std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] == b[j] ? 0 : 1)}));
  }
  return row.back();
}

std::string difference(const std::string& name, const std::string& other, std::size_t distance) {
  const std::string a = without_ending(plain_path(name)), b = without_ending(plain_path(other));
  if (a == b) return "whose ending or form differs, as another row's does";
  if (io::lower_case(a) == io::lower_case(b)) return "which differs in upper and lower case";
  if (end_of(a, 1) == end_of(b, 1)) return "whose folder differs, while other rows have the same name";
  return fmt::format("which differs in {} character{}", distance, distance == 1 ? "" : "s");
}

}  // namespace

std::string plain_path(std::string_view path) {
  std::string text = composed(path);
  std::replace(text.begin(), text.end(), '\\', '/');
  std::string plain = text.starts_with('/') ? "/" : "";
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view part = std::string_view(text).substr(begin, end - begin);
    if (!part.empty() && part != ".") {
      if (!plain.empty() && plain.back() != '/') plain += '/';
      plain += part;
    }
    begin = end + 1;
  }
  return plain;
}

std::string text_of_path(std::string_view path) {
  std::string text;
  while (!path.empty()) {
    utf8proc_int32_t character = 0;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(path.data()),
                                        static_cast<utf8proc_ssize_t>(path.size()), &character);
    const std::size_t length = bytes > 0 ? static_cast<std::size_t>(bytes) : 1;
    if (bytes > 0)
      text += path.substr(0, length);
    else
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(path.front()));
    path.remove_prefix(length);
  }
  return text;
}

std::string path_of_text(std::string_view text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* digits = text.data() + i + 2;
    if (text.substr(i, 2) == "\\x" && i + 4 <= text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      path += static_cast<char>(byte);
      i += 3;
    } else {
      path += text[i];
    }
  }
  return path;
}

void match_by_name(const std::vector<std::string>& names, const std::vector<std::string>& others,
                   std::vector<std::size_t>& rows) {
  if (others.empty() || std::ranges::find(rows, kNoMatch) == rows.end()) return;
  Matcher matcher(plain_paths(names), plain_paths(others), rows);
  matcher.match_whole();
  matcher.match_ends();
  matcher.match_without_endings();
  matcher.match_ends();
}

std::string describe_nearest(const std::string& name, const std::vector<std::string>& others) {
  constexpr std::size_t kMaxCompared = 5000, kMaxBytes = 300;
  if (others.empty()) return "That file has nothing";
  const std::string* nearest = nullptr;
  std::size_t least = kNoMatch;
  for (std::size_t i = 0; i < std::min(others.size(), kMaxCompared); ++i) {
    const std::size_t distance = edit_distance(std::string_view(name).substr(0, kMaxBytes),
                                               std::string_view(others[i]).substr(0, kMaxBytes));
    if (distance < least) {
      least = distance;
      nearest = &others[i];
    }
  }
  return fmt::format("That file has '{}', ...; nearest: '{}', {}", others.front(), *nearest,
                     difference(name, *nearest, least));
}

}  // namespace qamro::data
