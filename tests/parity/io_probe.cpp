// Reads and writes tensor files for tests/parity/test_io.py.
//   {"copy": FILE, "to": FILE.safetensors}
// writes any tensor file (.pt or .safetensors) as safetensors; "key": see load_state_dict(). Answers
// {"tensors": number} or {"error": "..."}.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "qamro/core/error.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"

namespace {

using Json = nlohmann::json;
namespace io = qamro::io;

Json answer(const Json& request) {
  const std::string source = request.at("copy");
  const bool is_safetensors = source.ends_with(".safetensors");
  const io::StateDict tensors =
      is_safetensors ? io::load_safetensors(source) : io::load_state_dict(source, request.value("key", ""));
  const io::Metadata metadata =
      is_safetensors ? io::read_safetensors_metadata(source) : io::Metadata{{"format", "pt"}};
  io::save_safetensors(request.at("to").get<std::string>(), tensors, metadata);
  return {{"tensors", tensors.size()}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    Json result;
    try {
      result = answer(Json::parse(line));
    } catch (const qamro::Error& error) {
      result = {{"error", error.what()}};
    }
    std::cout << result << std::endl;
  }
}
