#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "qamro/io/pickle_value.h"
#include "qamro/io/state_dict.h"

namespace qamro::models {

// A file of weights, opened once: first the kinds look at what it is, then one of them takes its tensors,
// which lie in a private mapping of the file. Who writes into tensors opens the file anew. Thread-safe.
class WeightsFile {
 public:
  explicit WeightsFile(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  bool is_safetensors() const { return path_.extension() == ".safetensors"; }
  // What torch.save wrote; unpickled at the first call. Throws as io::load_torch_checkpoint().
  const io::PickleValue& checkpoint() const;
  // The tensors of a safetensors file, or those of a checkpoint as io::load_state_dict() finds them. Throws
  // as these do.
  io::StateDict tensors(const std::string& key = "") const;

 private:
  std::filesystem::path path_;
  mutable std::mutex mutex_;
  mutable std::optional<io::PickleValue> checkpoint_;
};

}  // namespace qamro::models
