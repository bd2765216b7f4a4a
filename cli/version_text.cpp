#include "cli/commands.h"

#include <ATen/Version.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <thread>

#include "qamro/core/processor.h"
#include "qamro/core/version.h"
#include "qamro/nn/arithmetic.h"

namespace qamro::cli {
namespace {

std::string tiers_here() {
  std::string names;
  for (const auto& [tier, name] : enum_names(Tier()))
    if (tier <= highest_tier()) names += (names.empty() ? "" : " ") + std::string(name);
  return names;
}

std::string kind_of(nn::Precision precision) {
  const nn::Arithmetic arithmetic(precision);
  return fmt::format("linear layers {}, convolutions {}, other layers {}", name_of(arithmetic.linear),
                     name_of(arithmetic.convolution), name_of(arithmetic.other));
}

}  // namespace

std::string version_text(bool is_verbose) {
  std::string text = fmt::format("qamro {}", version());
  if (!is_verbose) return text;
  text += fmt::format("\nprocessor: {}{}", to_string(processor()),
                      processor() == Processor{highest_tier(), false} ? "" : " (by QAMRO_CPU)");
  text += fmt::format("\ntiers here: {}", tiers_here());
  text += fmt::format("\nfp32: {}", kind_of(nn::Precision::fp32));
  text += fmt::format("\nbf16: {}", kind_of(nn::Precision::bf16));
  text += fmt::format("\nint8: {}", kind_of(nn::Precision::int8));
  text += fmt::format("\nthreads: {}", std::thread::hardware_concurrency());
  text += fmt::format("\ntorch: {}, {}", TORCH_VERSION, at::get_mkldnn_version());
  text += fmt::format("\ncompiler: {}", __VERSION__);
  return text;
}

}  // namespace qamro::cli
