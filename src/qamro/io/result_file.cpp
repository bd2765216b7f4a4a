#include "qamro/io/result_file.h"

#include <nlohmann/json.hpp>

#include "qamro/io/atomic_file.h"

namespace qamro::io {

void write_result(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write) {
  io::AtomicFile file(path);
  write(file.stream());
  file.commit();
}

void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json) {
  write_result(path, [&](std::ostream& stream) {
    stream << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  });
}

}  // namespace qamro::io
