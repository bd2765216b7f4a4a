#include "qamro/encoders/distillmos/state_dict.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::encoders::distillmos {

namespace {

// Copies the tensors into the module.
void fill(DistillMosModule& module, const io::StateDict& state, std::string_view file) {
  io::StateDict own = state_dict(module);
  io::TensorShapes shapes;
  for (const auto& [name, tensor] : own) shapes.emplace(name, tensor.sizes().vec());
  io::expect_tensors(state, shapes, file);
  for (const auto& [name, tensor] : own) {
    const at::Tensor& found = state.at(name);
    if (found.scalar_type() != tensor.scalar_type())
      throw CheckpointError(fmt::format("{}: tensor '{}': expected {}, got {}", file, name,
                                        c10::toString(tensor.scalar_type()),
                                        c10::toString(found.scalar_type())));
  }
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : own) tensor.copy_(state.at(name));
}

}  // namespace

io::StateDict state_dict(const DistillMosModule& module) {
  io::StateDict state;
  for (const auto& item : module.named_parameters()) state.emplace(item.key(), item.value().detach());
  for (const auto& item : module.named_buffers()) state.emplace(item.key(), item.value());
  return state;
}

std::shared_ptr<DistillMosModule> module_from_state_dict(const io::StateDict& state, std::string_view file) {
  auto module = std::make_shared<DistillMosModule>(config_from_state_dict(state, file));
  fill(*module, state, file);
  module->eval();
  return module;
}

}  // namespace qamro::encoders::distillmos
