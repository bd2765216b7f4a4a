#include "qamro/io/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/io/text_file.h"

namespace qamro::io {
namespace {

using Json = nlohmann::ordered_json;

// Reads a document without keeping it, and throws at the first thing beyond the limits.
class LimitCheck : public nlohmann::json_sax<Json> {
 public:
  LimitCheck(const std::string& name, const JsonLimits& limits) : name_(name), limits_(limits) {}

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool start_object(std::size_t) override {
    names_.emplace_back();
    return open();
  }
  bool end_object() override {
    names_.pop_back();
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    Names& names = names_.back();
    if (++names.count > limits_.names)
      refuse(fmt::format("expected JSON with at most {} names in an object, got more", limits_.names));
    if (limits_.unique_names && !names.seen.insert(name).second)
      refuse(fmt::format("'{}' appears twice", name));
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override {
    constexpr std::size_t kMaxShown = 40;
    const bool is_text = std::string_view(error.what()).find("UTF-8") == std::string_view::npos;
    refuse(is_text ? fmt::format("expected JSON, got '{}' at byte {}", token.substr(0, kMaxShown), position)
                   : fmt::format("expected JSON, got bytes that are no UTF-8 at byte {}", position));
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw CheckpointError(name_ + ": " + what); }

  bool count() {
    if (++values_ > limits_.values)
      refuse(fmt::format("expected JSON of at most {} values, got more", limits_.values));
    return true;
  }
  bool open() {
    if (++depth_ > limits_.depth)
      refuse(fmt::format("expected JSON of at most {} levels, got some nested deeper", limits_.depth));
    return count();
  }

  const std::string& name_;
  const JsonLimits& limits_;
  int depth_ = 0;
  std::size_t values_ = 0;
  struct Names {
    std::size_t count = 0;
    std::set<std::string> seen;
  };
  std::vector<Names> names_;
};

}  // namespace

void check_json(std::string_view text, const std::string& name, const JsonLimits& limits) {
  if (text.size() > limits.bytes)
    throw CheckpointError(
        fmt::format("{}: expected JSON of at most {} bytes, got {}", name, limits.bytes, text.size()));
  LimitCheck check(name, limits);
  Json::sax_parse(text, &check);
}

Json parse_json(std::string_view text, const std::string& name, const JsonLimits& limits) {
  check_json(text, name, limits);
  return Json::parse(text);
}

Json read_json(const std::filesystem::path& path, const JsonLimits& limits) {
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(path, ignored);
  if (!ignored && bytes > limits.bytes)
    throw CheckpointError(
        fmt::format("{}: expected JSON of at most {} bytes, got {}", path.string(), limits.bytes, bytes));
  return parse_json(read_bytes(*open_input(path), path.string()), path.string(), limits);
}

std::optional<Json> parsed_json(std::string_view text, const JsonLimits& limits) {
  try {
    return parse_json(text, "", limits);
  } catch (const CheckpointError&) {
    return std::nullopt;
  }
}

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShown = 200;

}  // namespace

JsonSettings::JsonSettings(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
  if (!json_.is_object())
    throw CheckpointError(fmt::format("{}: expected settings by name, got {}", where_, json_.type_name()));
}

const Json& JsonSettings::at(const char* key) const {
  const auto found = json_.find(key);
  if (found == json_.end()) throw CheckpointError(fmt::format("{}: key '{}' is missing", where_, key));
  return *found;
}

void JsonSettings::refuse(const char* key, std::string_view expected) const {
  const std::string found = at(key).dump(-1, ' ', false, Json::error_handler_t::replace);
  throw CheckpointError(
      fmt::format("{}: {}: expected {}, got {}", where_, key, expected, found.substr(0, kShown)));
}

template <>
bool JsonSettings::required(const char* key) const {
  if (!at(key).is_boolean()) refuse(key, "true or false");
  return at(key).get<bool>();
}

template <>
std::int64_t JsonSettings::required(const char* key) const {
  const Json& value = at(key);
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}))
    refuse(key, "a whole number");
  return value.get<std::int64_t>();
}

template <>
double JsonSettings::required(const char* key) const {
  const Json& value = at(key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) refuse(key, "a finite number");
  return value.get<double>();
}

template <>
std::string JsonSettings::required(const char* key) const {
  if (!at(key).is_string()) refuse(key, "a string");
  return at(key).get<std::string>();
}

namespace {

bool is_whole(const Json& value, std::int64_t low, std::int64_t high) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) return false;
  const auto number = value.get<std::int64_t>();
  return number >= low && number <= high;
}

}  // namespace

bool NumberRange::contains(double number) const {
  return std::isfinite(number) && (without_low ? number > low : number >= low) &&
         (without_high ? number < high : number <= high);
}

std::string NumberRange::text() const {
  return fmt::format("a number in {}{}, {}{}", without_low ? '(' : '[', low, high, without_high ? ')' : ']');
}

std::int64_t JsonSettings::required_in_range(const char* key, std::int64_t low, std::int64_t high) const {
  if (!is_whole(at(key), low, high)) refuse(key, fmt::format("a whole number from {} to {}", low, high));
  return at(key).get<std::int64_t>();
}

double JsonSettings::required_in_range(const char* key, const NumberRange& range) const {
  const Json& value = at(key);
  if (!value.is_number() || !range.contains(value.get<double>())) refuse(key, range.text());
  return value.get<double>();
}

std::vector<std::int64_t> JsonSettings::required_list(const char* key, std::size_t count, std::int64_t low,
                                                      std::int64_t high) const {
  const Json& value = at(key);
  const auto fits = [&](const Json& entry) { return is_whole(entry, low, high); };
  if (!value.is_array() || value.size() != count || !std::ranges::all_of(value, fits))
    refuse(key, fmt::format("a list of {} whole numbers from {} to {}", count, low, high));
  return value.get<std::vector<std::int64_t>>();
}

std::array<double, 2> JsonSettings::required_interval(const char* key, double limit, double least) const {
  const Json& value = at(key);
  const NumberRange range{-limit, limit};
  const auto fits = [&](const Json& entry) {
    return entry.is_number() && range.contains(entry.get<double>());
  };
  if (!value.is_array() || value.size() != 2 || !std::ranges::all_of(value, fits) ||
      !(value[1].get<double>() - value[0].get<double>() >= least))
    refuse(key, fmt::format("[low, high] from {} to {}, {} or more apart", -limit, limit, least));
  return value.get<std::array<double, 2>>();
}

std::vector<JsonSettings> JsonSettings::entries(const char* key) const {
  const Json& list = at(key);
  if (!list.is_array()) refuse(key, "a list");
  std::vector<JsonSettings> entries;
  entries.reserve(list.size());
  for (const Json& entry : list)
    entries.emplace_back(entry, fmt::format("{}: {}[{}]", where_, key, entries.size()));
  return entries;
}

JsonSettings JsonSettings::part(const char* key) const {
  return {at(key), fmt::format("{}: {}", where_, key)};
}

}  // namespace qamro::io
