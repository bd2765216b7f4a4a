// libFuzzer's entry: QAMRO_FUZZ_TARGET names the reader; "list" prints all of them with their longest input.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/fuzz_target.h"
#include "io/temporary_folder.h"

using qamro::testing::FuzzTarget;

namespace {

const FuzzTarget* chosen_target = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* variable = std::getenv("QAMRO_FUZZ_TARGET");
  const std::string_view name = variable == nullptr ? "" : variable;
  for (const FuzzTarget& target : qamro::testing::fuzz_targets()) {
    if (name == "list") std::printf("%s %zu\n", target.name.data(), target.max_bytes);
    if (name == target.name) chosen_target = &target;
  }
  if (name == "list") std::exit(0);
  if (chosen_target != nullptr) return 0;
  std::fprintf(stderr, "QAMRO_FUZZ_TARGET: expected the name of a reader or 'list', got '%s'\n", name.data());
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never destroyed, since libFuzzer ends without destructors: tools/fuzz.sh removes it.
  static const auto* const kFolder = new qamro::testing::TemporaryFolder;
  run_target(*chosen_target, {{reinterpret_cast<const char*>(data), size}, kFolder->path()});
  return 0;
}
