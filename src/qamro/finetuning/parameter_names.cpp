#include "qamro/finetuning/parameter_names.h"

#include <charconv>

namespace qamro::finetuning {

std::int64_t number_behind(std::string_view name, std::string_view prefix) {
  const std::size_t at = name.find(prefix);
  if (at == std::string_view::npos) return -1;
  const std::string_view digits = name.substr(at + prefix.size());
  std::int64_t number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace qamro::finetuning
