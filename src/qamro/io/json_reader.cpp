#include "qamro/io/json_reader.h"

#include <fmt/format.h>

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

}  // namespace qamro::io
