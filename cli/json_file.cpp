#include "cli/json_file.h"

#include <nlohmann/json.hpp>

#include "qamro/io/atomic_file.h"

namespace qamro::cli {

void write_json(const std::string& path, const nlohmann::ordered_json& json) {
  io::AtomicFile file(path);
  file.stream() << json.dump(2) << '\n';
  file.commit();
}

}  // namespace qamro::cli
