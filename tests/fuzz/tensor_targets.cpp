// Readers of tensor files.
#include <cstdlib>
#include <cstring>

#include "fuzz/fuzz_target.h"
#include "io/pickle_builder.h"
#include "qamro/core/error.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"
#include "qamro/io/zip_archive.h"

namespace qamro::testing {
namespace {

// Runs a step that may refuse, so that the next one runs, too.
template <typename Step>
void may_refuse(const Step& step) {
  try {
    step();
  } catch (const Error&) {
  }
}

// Every element lies inside the tensor's storage, and the storage's bytes can be read.
void check_tensor(const at::Tensor& tensor) {
  require(tensor.defined(), "a tensor is defined");
  if (tensor.numel() == 0) return;
  std::int64_t last = tensor.storage_offset();
  for (std::int64_t i = 0; i < tensor.dim(); ++i) last += (tensor.size(i) - 1) * tensor.stride(i);
  const auto item = static_cast<std::int64_t>(tensor.itemsize());
  require(tensor.storage_offset() >= 0 && last >= tensor.storage_offset(), "strides are not negative");
  require((last + 1) * item <= static_cast<std::int64_t>(tensor.storage().nbytes()), "it fits its storage");
  const auto* bytes = static_cast<const unsigned char*>(tensor.const_data_ptr());
  const std::int64_t count = (last + 1 - tensor.storage_offset()) * item;
  const bool is_bool = tensor.scalar_type() == c10::ScalarType::Bool;
  for (std::int64_t i = 0; i < count; ++i) {
    const volatile unsigned char byte = bytes[i];
    require(!is_bool || byte <= 1, "a bool is 0 or 1");
  }
}

void check_value(const io::PickleValue& value) {
  if (const auto* tensor = value.get_if<at::Tensor>()) check_tensor(*tensor);
  if (const auto* list = value.get_if<io::PickleList>())
    for (const io::PickleValue& item : list->items) check_value(item);
  if (const auto* tuple = value.get_if<io::PickleTuple>())
    for (const io::PickleValue& item : tuple->items) check_value(item);
  if (const auto* dict = value.get_if<io::PickleDict>())
    for (const auto& [key, item] : dict->items) check_value(key), check_value(item);
}

void check_checkpoint(const std::filesystem::path& file) {
  const io::PickleValue value = io::load_torch_checkpoint(file);
  check_value(value);
  may_refuse([&] {
    for (const auto& [name, tensor] : io::state_dict_of(value, "model.pt")) check_tensor(tensor);
  });
  may_refuse([&] { io::to_json(value, "model.pt"); });
}

}  // namespace

// The input is the pickle of an otherwise sound checkpoint with three storages.
void fuzz_pickle(const FuzzInput& input) {
  ZipBuilder zip = pickle::checkpoint("", {pickle::six_floats(), std::string(8, '\1'), ""});
  zip.records.front().second = input.bytes();
  check_checkpoint(input.file("model.pt", zip.build()));
}

void fuzz_zip(const FuzzInput& input) {
  const auto file = input.file("model.pt");
  may_refuse([&] {
    const io::ZipArchive archive(io::FileMapping::open(file), "model.pt");
    for (const auto& [name, entry] : archive.entries())
      may_refuse([&, &record = name] {
        for (const std::byte byte : archive.record(record)) {
          const volatile std::byte read = byte;
          static_cast<void>(read);
        }
      });
  });
  check_checkpoint(file);
}

// What was read is written and read again, the same.
void fuzz_safetensors(const FuzzInput& input) {
  const auto file = input.file("model.safetensors"), again = input.folder() / "again.safetensors";
  const io::StateDict tensors = io::load_safetensors(file);
  const io::Metadata metadata = io::read_safetensors_metadata(file);
  for (const auto& [name, tensor] : tensors) check_tensor(tensor);
  io::save_safetensors(again, tensors, metadata);
  const io::StateDict copies = io::load_safetensors(again);
  require(copies.size() == tensors.size(), "all tensors are written");
  require(io::read_safetensors_metadata(again) == metadata, "the metadata is written");
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor& copy = copies.at(name);
    require(copy.sizes() == tensor.sizes() && copy.scalar_type() == tensor.scalar_type(), "same shape, type");
    require(tensor.numel() == 0 ||
                std::memcmp(copy.const_data_ptr(), tensor.const_data_ptr(), tensor.nbytes()) == 0,
            "same bytes");
  }
}

}  // namespace qamro::testing
