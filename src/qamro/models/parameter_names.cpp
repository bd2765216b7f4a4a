#include "qamro/models/parameter_names.h"

#include <torch/nn/module.h>

#include <charconv>
#include <string>

namespace qamro::models {

io::StateDict parameters_of_run(const torch::nn::Module& encoder, const io::StateDict& heads) {
  io::StateDict named;
  for (const auto& item : encoder.named_parameters())
    named.emplace(std::string(kEncoderPrefix) + item.key(), item.value());
  for (const auto& [name, tensor] : heads) named.emplace(std::string(kHeadsPrefix) + name, tensor);
  return named;
}

std::int64_t number_after(std::string_view name, std::string_view prefix) {
  const std::size_t at = name.find(prefix);
  if (at == std::string_view::npos) return -1;
  const std::string_view digits = name.substr(at + prefix.size());
  std::int64_t number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace qamro::models
