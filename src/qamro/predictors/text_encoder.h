#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "qamro/data/manifest.h"

namespace qamro::predictors {

// A frozen encoder of prompts: a text in, one vector out. Thread-safe; a text's vector depends on that text
// alone.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  virtual std::int64_t dimension() const = 0;
  // text: UTF-8. Returns [dimension]. Throws InvalidInput where it is no UTF-8, FileError where the model's
  // vocabulary is missing.
  virtual std::vector<float> encode(std::string_view text) const = 0;
};

// A prompt as an encoder has read it, or why it could not.
struct EncodedPrompt {
  std::vector<float> vector;  // [dimension]
  std::string error;          // empty when all went well
};
using EncodedPrompts = std::unordered_map<std::string, EncodedPrompt>;

// Each distinct prompt of the clips, encoded once, `threads` at a time. A prompt that is no text has its
// error, and the others go on. Throws what else encode() throws.
EncodedPrompts encode_prompts(const TextEncoder& encoder, const std::vector<data::Clip>& clips, int threads);

}  // namespace qamro::predictors
