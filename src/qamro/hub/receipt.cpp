#include "qamro/hub/fetch.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/version.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/json_reader.h"

namespace qamro::hub {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path receipt_file(const fs::path& folder) {
  return folder / "fetched.json";
}

Json to_json(const FetchedFile& file) {
  return {{"name", file.name},
          {"url", file.url},
          {"bytes", file.bytes},
          {"sha256", file.sha256},
          {"checked_against", name_of(file.checked_against)},
          {"revision", file.revision}};
}

[[noreturn]] void refuse(const std::string& where, const std::string& key, const std::string& expected,
                         const std::string& found) {
  throw CheckpointError(fmt::format("{}: {}: expected {}, got {}", where, key, expected, found));
}

CheckedAgainst checked_from_string(const std::string& text, const std::string& where) {
  if (const auto checked = value_named<CheckedAgainst>(text)) return *checked;
  refuse(where, "checked_against", "published, server, receipt or nothing", fmt::format("'{}'", text));
}

// With an empty hash, any file would pass as the one that was fetched before.
bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

FetchedFile file_from_json(const Json& json, const std::string& where) {
  const io::JsonSettings settings(json, where);
  FetchedFile file{settings.required<std::string>("name"),
                   settings.required<std::string>("url"),
                   settings.required<std::string>("revision"),
                   settings.required<std::int64_t>("bytes"),
                   settings.required<std::string>("sha256"),
                   checked_from_string(settings.required<std::string>("checked_against"), where)};
  if (file.bytes < 0) refuse(where, "bytes", "a size from 0", std::to_string(file.bytes));
  if (!is_sha256(file.sha256))
    refuse(where, "sha256", "64 lower-case hexadecimal digits", fmt::format("'{}'", file.sha256));
  return file;
}

Receipt receipt_from_json(const Json& json) {
  const io::JsonSettings settings(json, "the receipt");
  Receipt receipt{settings.required<std::string>("model"), settings.required<std::string>("licence"), {}};
  if (!settings.has("files") || !json["files"].is_array())
    refuse("the receipt", "files", "a list",
           settings.has("files") ? json["files"].type_name() : "a receipt without it");
  for (const auto& file : json["files"])
    receipt.files.push_back(file_from_json(file, fmt::format("file {}", receipt.files.size() + 1)));
  return receipt;
}

}  // namespace

const FetchedFile* Receipt::find(const std::string& name) const {
  for (const auto& file : files)
    if (file.name == name) return &file;
  return nullptr;
}

void Receipt::put(FetchedFile file) {
  std::erase_if(files, [&](const auto& other) { return other.name == file.name; });
  files.push_back(std::move(file));
}

Receipt read_receipt(const fs::path& folder) {
  const fs::path path = receipt_file(folder);
  errno = 0;
  std::ifstream stream(path);
  if (!stream && errno == ENOENT) return {};
  if (!stream) throw FileError(describe_errno(path.string(), errno));
  std::string damage;
  try {
    return receipt_from_json(io::read_json(path));
  } catch (const Json::exception& error) {
    damage = error.what();
  } catch (const CheckpointError& error) {
    damage = error.what();
  }
  throw CheckpointError(fmt::format(
      "{}: expected a file written by 'qamro model fetch', got a damaged one ({}); remove it and fetch the model again",
      path.string(), damage));
}

void write_receipt(const fs::path& folder, const Receipt& receipt) {
  Json json = {{"model", receipt.model},
               {"licence", receipt.licence},
               {"fetched_by", fmt::format("qamro {}", version())},
               {"files", Json::array()}};
  for (const auto& file : receipt.files) json["files"].push_back(to_json(file));
  io::AtomicFile stream(receipt_file(folder));
  stream.stream() << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  stream.commit();
}

}  // namespace qamro::hub
