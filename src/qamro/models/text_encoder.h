#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "qamro/data/manifest.h"

namespace qamro::models {

// A frozen encoder of prompts: text in, one vector out. Thread-safe. A text's vector depends only on
// that text.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  virtual std::int64_t dimension() const = 0;
  // text: UTF-8. Returns [dimension]. Throws InvalidInput if it is not valid UTF-8, FileError if the model's
  // vocabulary is missing.
  virtual std::vector<float> encode(std::string_view text) const = 0;
};

// A prompt's vector, or the reason why it could not be encoded.
struct EncodedPrompt {
  std::vector<float> vector;  // [dimension]
  std::string error;          // empty if all went well
};
using EncodedPrompts = std::unordered_map<std::string, EncodedPrompt>;

// Encodes each distinct prompt of the clips once, on `threads` threads. An invalid prompt gets its error, and
// the others continue. Throws the other exceptions of encode().
EncodedPrompts encode_prompts(const TextEncoder& encoder, std::span<const data::Clip> clips, int threads);

}  // namespace qamro::models
