#include "qamro/hub/receipt.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/core/version.h"
#include "qamro/io/atomic_file.h"

namespace qamro::hub {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<CheckedAgainst, const char*>, 4> kNames = {{
    {CheckedAgainst::published, "published"},
    {CheckedAgainst::server, "server"},
    {CheckedAgainst::receipt, "receipt"},
    {CheckedAgainst::nothing, "nothing"},
}};

fs::path receipt_file(const fs::path& folder) {
  return folder / "fetched.json";
}

Json to_json(const FetchedFile& file) {
  return {{"name", file.name},
          {"url", file.url},
          {"bytes", file.bytes},
          {"sha256", file.sha256},
          {"checked_against", to_string(file.checked_against)},
          {"revision", file.revision}};
}

FetchedFile file_from_json(const Json& json) {
  FetchedFile file{json.at("name"),  json.at("url"),    json.at("revision"),
                   json.at("bytes"), json.at("sha256"), {}};
  const std::string checked = json.at("checked_against");
  for (const auto& [value, name] : kNames)
    if (checked == name) file.checked_against = value;
  return file;
}

}  // namespace

std::string to_string(CheckedAgainst checked) {
  for (const auto& [value, name] : kNames)
    if (checked == value) return name;
  return "nothing";
}

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
  std::ifstream stream(receipt_file(folder));
  if (!stream) return {};
  try {
    const Json json = Json::parse(stream);
    Receipt receipt{json.at("model"), json.at("licence"), {}};
    for (const auto& file : json.at("files")) receipt.files.push_back(file_from_json(file));
    return receipt;
  } catch (const Json::exception& error) {
    throw CheckpointError(fmt::format("{}: {}", receipt_file(folder).string(), error.what()));
  }
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

void verify_receipt(const fs::path& folder, const Receipt& receipt) {
  for (const auto& file : receipt.files) {
    const fs::path path = folder / file.name;
    if (!fs::is_regular_file(path))
      throw FileError(fmt::format("{}: expected a file of {} bytes, got none", path.string(), file.bytes));
    const auto bytes = static_cast<std::int64_t>(fs::file_size(path));
    if (bytes != file.bytes)
      throw CheckpointError(fmt::format("{}: expected {} bytes, got {}", path.string(), file.bytes, bytes));
    if (const std::string found = sha256_file(path); found != file.sha256)
      throw CheckpointError(fmt::format("{}: expected SHA-256 {}, got {}: the file is damaged or another one",
                                        path.string(), file.sha256, found));
  }
}

}  // namespace qamro::hub
