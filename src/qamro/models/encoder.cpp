#include "qamro/models/encoder.h"

#include <algorithm>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/nn/parallel.h"

namespace qamro::models {
namespace {

void encode(const TextEncoder& encoder, EncodedPrompts::value_type& entry) {
  try {
    entry.second.vector = encoder.encode(entry.first);
  } catch (const InvalidInput& error) {
    entry.second.error = error.what();
  }
}

}  // namespace

EncodedPrompts encode_prompts(const TextEncoder& encoder, std::span<const data::Clip> clips, int threads) {
  EncodedPrompts prompts;
  for (const data::Clip& clip : clips)
    if (clip.error.empty() && clip.prompt) prompts.emplace(*clip.prompt, EncodedPrompt());
  std::vector<EncodedPrompts::value_type*> entries;
  for (auto& entry : prompts) entries.push_back(&entry);
  if (entries.empty()) return prompts;

  const auto jobs = std::min<std::int64_t>(std::max(1, threads), std::ssize(entries));
  nn::for_each_torch_job(std::ssize(entries), jobs,
                         threads / jobs,  // no result depends on the number of threads
                         [&](std::int64_t i) { encode(encoder, *entries[static_cast<std::size_t>(i)]); });
  return prompts;
}

}  // namespace qamro::models
