#include "qamro/models/weights_file.h"

#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"

namespace qamro::models {

const io::PickleValue& WeightsFile::checkpoint() const {
  const std::lock_guard lock(mutex_);
  if (!checkpoint_) checkpoint_.emplace(io::load_torch_checkpoint(path_));
  return *checkpoint_;
}

io::StateDict WeightsFile::tensors(const std::string& key) const {
  if (is_safetensors()) return io::load_safetensors(path_);
  return io::state_dict_of(checkpoint(), path_.string(), key);
}

}  // namespace qamro::models
