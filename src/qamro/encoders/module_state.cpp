#include "qamro/encoders/module_state.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::encoders {

io::StateDict state_dict(const torch::nn::Module& module) {
  io::StateDict state;
  for (const auto& item : module.named_parameters()) state.emplace(item.key(), item.value().detach());
  for (const auto& item : module.named_buffers()) state.emplace(item.key(), item.value());
  return state;
}

void adopt_state(torch::nn::Module& module, const io::StateDict& state, std::string_view file) {
  const io::StateDict own = state_dict(module);
  io::TensorShapes shapes;
  for (const auto& [name, tensor] : own) shapes.emplace(name, tensor.sizes().vec());
  io::expect_tensors(state, shapes, file);
  for (const auto& [name, tensor] : own) {
    const auto found = state.at(name).scalar_type();
    if (found != tensor.scalar_type())
      throw CheckpointError(fmt::format("{}: tensor '{}': expected {}, got {}", file, name,
                                        c10::toString(tensor.scalar_type()), c10::toString(found)));
  }
  for (auto& item : module.named_parameters()) item.value().set_data(state.at(item.key()).contiguous());
  for (auto& item : module.named_buffers()) item.value().set_data(state.at(item.key()).contiguous());
}

}  // namespace qamro::encoders
