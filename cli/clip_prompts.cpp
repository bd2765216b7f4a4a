#include "cli/clip_prompts.h"

#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::cli {

void check_prompts(const models::Predictor& predictor, const InputOptions& input) {
  if (predictor.text_encoder() == nullptr && !(input.prompt.empty() && input.prompt_files.empty()))
    throw InvalidInput(fmt::format("--prompt, --prompts: expected a model that reads prompts, got '{}'",
                                   predictor.description().name));
}

models::EncodedPrompts encode_prompts(const models::Predictor& predictor,
                                      const std::vector<data::Clip>& clips, int threads) {
  if (predictor.text_encoder() == nullptr) return {};
  return models::encode_prompts(*predictor.text_encoder(), clips, threads);
}

const models::EncodedPrompt* prompt_of(const data::Clip& clip, const models::EncodedPrompts& prompts) {
  const auto found = clip.prompt ? prompts.find(*clip.prompt) : prompts.end();
  return found == prompts.end() ? nullptr : &found->second;
}

}  // namespace qamro::cli
