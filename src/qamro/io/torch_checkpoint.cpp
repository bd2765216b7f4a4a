#include "qamro/io/torch_checkpoint.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/io/file_mapping.h"
#include "qamro/io/pickle_machine.h"
#include "qamro/io/zip_archive.h"

namespace qamro::io {
namespace {

constexpr std::string_view kResave =
    "load it once in Python and save it again: torch.save(torch.load(path, weights_only=True), new_path)";
constexpr std::size_t kMaxPickleBytes = 64 << 20;
constexpr std::array<const char*, 3> kModelKeys = {"state_dict", "model", "model_state_dict"};

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw CheckpointError(fmt::format("{}: {}", file, what));
}

// Throws CheckpointError that says what the file is, unless it is a zip.
void check_format(std::string_view bytes, const std::string& file) {
  if (bytes.starts_with("PK\x03\x04")) return;
  constexpr std::size_t kTarMagic = 257;
  if (bytes.size() > kTarMagic + 5 && bytes.substr(kTarMagic, 5) == "ustar")
    fail(file, fmt::format("a tar file of PyTorch before 0.1.10: {}", kResave));
  // PROTO 2, LONG1 of ten bytes: the magic number of torch.save before version 1.6
  if (bytes.starts_with(std::string_view("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14)))
    fail(file, fmt::format("torch.save's format before PyTorch 1.6: {}", kResave));
  if (bytes.starts_with('\x80'))
    fail(file, "expected a file written by torch.save, got a bare pickle, which qamro does not read");
  fail(file, bytes.empty() ? "expected a file written by torch.save, got an empty file"
                           : "expected a file written by torch.save (a zip archive), got something else");
}

// The folder in which all records of a checkpoint lie.
std::string find_folder(const ZipArchive& archive, const std::string& file) {
  constexpr std::string_view kPickle = "/data.pkl";
  std::vector<std::string> folders;
  for (const auto& [name, entry] : archive.entries())
    if (name.ends_with(kPickle) && name.find('/') == name.size() - kPickle.size())
      folders.push_back(name.substr(0, name.size() - kPickle.size()));
  if (folders.size() != 1)
    fail(file,
         fmt::format("expected one record NAME/data.pkl, as torch.save writes, got {}", folders.size()));
  return folders.front();
}

void check_records(const ZipArchive& archive, const std::string& folder, const std::string& file) {
  const std::string code = folder + "/code/";
  const auto first_code = archive.entries().lower_bound(code);
  const bool has_code = first_code != archive.entries().end() && first_code->first.starts_with(code);
  if (archive.contains(folder + "/constants.pkl") || has_code)
    fail(file,
         "a TorchScript program, which qamro does not read: save its state_dict() with torch.save instead");
  if (!archive.contains(folder + "/byteorder")) return;  // older versions are always little-endian
  const auto record = archive.record(folder + "/byteorder");
  const std::string_view order(reinterpret_cast<const char*>(record.data()), record.size());
  if (order != "little") fail(file, fmt::format("byteorder: expected little, got '{}'", order.substr(0, 16)));
}

std::string describe_keys(const PickleDict& dict) {
  constexpr std::size_t kMaxKeys = 12;
  std::vector<std::string> keys;
  for (const auto& [key, item] : dict.items) {
    const auto* text = key.get_if<std::string>();
    keys.push_back(fmt::format("'{}' ({})", text != nullptr ? *text : key.type_name(), item.type_name()));
    if (keys.size() == kMaxKeys) break;
  }
  return fmt::format("{}{}", fmt::join(keys, ", "), dict.items.size() > kMaxKeys ? ", ..." : "");
}

// See load_state_dict().
const PickleValue& choose_model(const PickleValue& root, const PickleDict& dict, const std::string& key,
                                const std::string& file) {
  if (!key.empty()) {
    const PickleValue* found = dict.find(key);
    if (found == nullptr) fail(file, fmt::format("expected a key '{}', got {}", key, describe_keys(dict)));
    return *found;
  }
  const PickleValue* model = nullptr;
  for (const char* candidate : kModelKeys) {
    const PickleValue* found = dict.find(candidate);
    if (found == nullptr || found->get_if<PickleDict>() == nullptr) continue;
    if (model != nullptr)
      fail(file, fmt::format("several keys may hold the model, name one: {}", describe_keys(dict)));
    model = found;
  }
  return model != nullptr ? *model : root;
}

}  // namespace

PickleValue load_torch_checkpoint(const std::filesystem::path& path) {
  const std::string file = path.string();
  const auto mapping = FileMapping::open(path);
  const auto bytes = mapping->bytes();
  check_format({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file);
  const ZipArchive archive(mapping, file);
  const std::string folder = find_folder(archive, file);
  check_records(archive, folder, file);
  const auto pickle = archive.record(folder + "/data.pkl");
  if (pickle.size() > kMaxPickleBytes)
    fail(file, fmt::format("data.pkl: expected at most {} bytes, got {}", kMaxPickleBytes, pickle.size()));
  try {
    TensorRebuilder rebuilder(archive, folder);
    return run_pickle(pickle, file, rebuilder);
  } catch (const c10::Error& error) {
    fail(file, error.what_without_backtrace());
  }
}

StateDict load_state_dict(const std::filesystem::path& path, const std::string& key) {
  return state_dict_of(load_torch_checkpoint(path), path.string(), key);
}

StateDict state_dict_of(const PickleValue& root, const std::string& file, const std::string& key) {
  const auto* dict = root.get_if<PickleDict>();
  if (dict == nullptr) fail(file, fmt::format("expected a dict of tensors, got a {}", root.type_name()));
  StateDict tensors;
  try {
    tensors = flatten_tensors(choose_model(root, *dict, key, file));
  } catch (const CheckpointError& error) {
    const std::string what = error.what();
    if (what.starts_with(file)) throw;
    fail(file, what);
  }
  if (tensors.empty()) fail(file, fmt::format("expected tensors, got {}", describe_keys(*dict)));
  return tensors;
}

}  // namespace qamro::io
