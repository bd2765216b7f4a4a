#include "fuzz/fuzz_target.h"

#include <fstream>
#include <stdexcept>

#include "qamro/core/error.h"

namespace qamro::testing {
namespace {

constexpr std::size_t kKilobyte = 1024;

// A new reader is one entry here, its function, and a folder of seeds.
constexpr FuzzTarget kTargets[] = {
    {"pickle", fuzz_pickle, 4 * kKilobyte},
    {"zip", fuzz_zip, 4 * kKilobyte},
    {"safetensors", fuzz_safetensors, 4 * kKilobyte},
    {"json", fuzz_json, 16 * kKilobyte},
    {"csv", fuzz_csv, 16 * kKilobyte},
    {"ratings", fuzz_ratings, 16 * kKilobyte},
    {"manifest", fuzz_manifest, 8 * kKilobyte},
    {"prompts", fuzz_prompts, 8 * kKilobyte},
    {"recipe", fuzz_recipe, 16 * kKilobyte},
    {"bpe", fuzz_bpe, 8 * kKilobyte},
    {"decoder", fuzz_decoder, 16 * kKilobyte},
};

}  // namespace

std::filesystem::path FuzzInput::file(const std::string& name, std::string_view content) const {
  std::filesystem::path path = folder_ / name;
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  require(!stream.fail(), "the folder for inputs can be written");
  return path;
}

std::span<const FuzzTarget> fuzz_targets() {
  return kTargets;
}

std::string run_target(const FuzzTarget& target, const FuzzInput& input) {
  try {
    target.read(input);
    return "";
  } catch (const Error& error) {  // refused in words: right
    return error.what();
  }
}

void require(bool condition, const char* what) {
  if (!condition) throw std::logic_error(std::string("does not hold: ") + what);
}

}  // namespace qamro::testing
