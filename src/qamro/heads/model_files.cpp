#include "qamro/heads/model_files.h"

#include <fmt/format.h>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/safetensors.h"

namespace qamro::heads {

std::string write_model_files(
    const std::filesystem::path& folder, const io::StateDict& tensors,
    const std::function<nlohmann::ordered_json(const std::string& sha256)>& document) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw FileError(fmt::format("{}: {}", folder.string(), failure.message()));
  io::save_safetensors(folder / kWeightsFile, tensors, {{"format", "pt"}});
  std::string sha256 = sha256_file(folder / kWeightsFile);
  io::AtomicFile json(folder / "model.json");
  json.stream() << document(sha256).dump(2) << '\n';
  json.commit();
  return sha256;
}

}  // namespace qamro::heads
